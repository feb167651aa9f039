/* Large files go up in parts: after a broken line the next part begins where the last safe one ended, also after the page
   was loaded anew in this tab. tongban.inParts(file, progress) -> a promise of the server's answer, or of an Error with words. */
(function () {
  'use strict'
  var ADDRESS = '/uploads/parts', TRIES = 8, WAIT = 1000

  function place(file) { return 'upload ' + file.size + ' ' + file.lastModified }
  function pause(milliseconds) { return new Promise(function (done) { setTimeout(done, milliseconds) }) }
  function ask(method, address, body, type) {
    var headers = { 'X-CSRF-Token': tongban.csrf() }
    if (type) headers['Content-Type'] = type
    return fetch(address, { method: method, headers: headers, body: body, credentials: 'same-origin' })
  }
  function read(answer) {
    if (answer.status === 401) tongban.signedOut()
    return answer.json().catch(function () { return {} }).then(function (value) {
      if (answer.ok) return value
      var error = new Error(value.detail || '没有传成（' + answer.status + '）。请再选一次文件')
      error.status = answer.status
      throw error
    })
  }

  function begun(file) {
    var kept = sessionStorage.getItem(place(file))
    function anew() {
      var wanted = JSON.stringify({ name: file.name, media_type: file.type || 'application/octet-stream', size: file.size })
      return ask('POST', ADDRESS, wanted, 'application/json').then(read).then(function (told) {
        sessionStorage.setItem(place(file), told.id)
        return told
      })
    }
    if (!kept) return anew()
    return ask('GET', ADDRESS + '/' + kept).then(read).catch(function (error) {
      if (error.status !== 404) throw error
      sessionStorage.removeItem(place(file))
      return anew()
    })
  }
  // a line that broke is tried again; what the server refused is not
  function patient(deed) {
    var left = TRIES
    function once() {
      return deed().catch(function (error) {
        var passing = !error.status || error.status === 408 || error.status === 409 || error.status === 502 || error.status === 504
        if (!passing || --left <= 0) throw error.status ? error : new Error('网络不通，已传的部分保留着。网络恢复后再选一次这个文件，会接着传')
        return pause(WAIT * (TRIES - left)).then(once)
      })
    }
    return once()
  }
  function rest(file, told, progress) {
    progress(told.offset)
    if (told.offset >= file.size) return Promise.resolve(told)
    var part = file.slice(told.offset, Math.min(told.offset + told.part_size, file.size))
    return ask('PUT', ADDRESS + '/' + told.id + '/' + told.offset, part, 'application/octet-stream').then(read)
      .then(function (further) { return rest(file, further, progress) })
  }
  function digest(file) {
    if (!window.crypto || !crypto.subtle) return Promise.resolve(null) // not a secure page: the server reckons alone
    return file.arrayBuffer().then(function (content) { return crypto.subtle.digest('SHA-256', content) }).then(function (found) {
      return Array.from(new Uint8Array(found)).map(function (byte) { return (byte < 16 ? '0' : '') + byte.toString(16) }).join('')
    })
  }

  tongban.inParts = function (file, progress) {
    return patient(function () {
      return begun(file).then(function (told) { return rest(file, told, progress) })
    }).then(function (told) {
      return digest(file).then(function (sha256) {
        return patient(function () {
          return ask('POST', ADDRESS + '/' + told.id + '/completion', JSON.stringify({ sha256: sha256 }), 'application/json').then(read)
        })
      })
    }).then(function (answer) {
      sessionStorage.removeItem(place(file))
      return answer
    }, function (error) {
      if (error.status) sessionStorage.removeItem(place(file)) // it would be refused again
      throw error
    })
  }
})()
