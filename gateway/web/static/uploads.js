/* Scans go up at once, with progress: <input type="file" data-upload="address"> inside [data-upload-box].
   A file of more than 8 MB goes up in parts. The file is posted raw, named by Content-Disposition; the answer's digests go into the box's hidden fields. */
(function () {
  'use strict'

  var LARGE = 8388608 // larger ones go up in parts

  function part(box, name) { return box.querySelector('[data-upload-' + name + ']') }
  function size(count) {
    return count < 1024 ? count + ' 字节' : count < 1048576 ? (count / 1024).toFixed(1) + ' KB' : (count / 1048576).toFixed(1) + ' MB'
  }
  function tell(box, state, content) {
    var place = part(box, 'status')
    place.dataset.state = state
    place.replaceChildren(content)
  }
  function set(field, value) {
    if (!field) return
    field.value = value
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }

  function send(input, file) {
    var box = input.closest('[data-upload-box]'), most = +input.dataset.max || Infinity, request = new XMLHttpRequest()
    if (file.size > most) return tell(box, 'failed', '文件有 ' + size(file.size) + '，超过 ' + size(most) + '，请压缩后再传')
    if (!file.size) return tell(box, 'failed', '文件是空的，请重新选择')
    var bar = document.createElement('progress'), line = document.createElement('span')
    bar.max = 100
    bar.value = 0
    bar.setAttribute('aria-label', '上传进度')
    line.append(bar, ' ' + file.name)
    tell(box, 'going', line)
    box.setAttribute('data-uploading', '')
    if (file.size > LARGE && tongban.inParts) {
      return tongban.inParts(file, function (safe) { bar.value = safe / file.size * 100 })
        .then(function (answer) { took(box, input, file, answer) }, function (error) { failed(box, error.message) })
    }
    request.open('POST', input.dataset.upload)
    request.setRequestHeader('X-CSRF-Token', tongban.csrf())
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream')
    request.setRequestHeader('Content-Disposition', "attachment; filename*=UTF-8''" + encodeURIComponent(file.name))
    request.upload.onprogress = function (event) { if (event.lengthComputable) bar.value = event.loaded / event.total * 100 }
    request.onload = function () { done(box, input, file, request) }
    request.onerror = function () { failed(box, '网络不通，没有传成。请再选一次文件') }
    request.send(file)
  }
  function done(box, input, file, request) {
    var answer = {}
    try { answer = JSON.parse(request.responseText) } catch (e) { /* told below */ }
    if (request.status === 401) tongban.signedOut()
    if (request.status >= 300 || !answer.sha256) return failed(box, answer.detail || '没有传成（' + request.status + '）。请再选一次文件')
    took(box, input, file, answer)
  }
  function took(box, input, file, answer) {
    box.removeAttribute('data-uploading')
    input.value = ''
    var list = box.querySelector('[data-more-list]')
    if (list) further(box, list, answer)
    set(part(box, 'name'), answer.name || file.name)
    if (answer.sm3) set(part(box, 'sm3'), answer.sm3)
    set(part(box, 'sha256'), answer.sha256)
    tell(box, 'done', '已上传 ' + (answer.name || file.name) + '（' + size(answer.size || file.size) + (answer.unscanned ? '，未查毒' : '') + '）')
    var more = box.parentElement.querySelector('[data-until-first]')
    if (more) { more.hidden = false; more.removeAttribute('data-until-first') }
    var pages = box.parentElement.querySelector('input[name$="/pages"]')
    if (pages && !pages.value && /^image\//.test(file.type)) set(pages, '1')
  }
  /* -- further files of one material: in order, moved and dropped without asking the server -- */
  function further(box, list, answer) {
    var row = document.createElement('li'), field = document.createElement('input')
    field.type = 'hidden'
    field.name = list.dataset.moreList
    field.value = answer.sha256 + ' ' + answer.name
    row.append(field, answer.name + ' ', step('up', '前移'), step('drop', '删除'))
    list.append(row)
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }
  function step(name, text) {
    var button = document.createElement('button')
    button.type = 'button'
    button.className = 'button bare small'
    button.dataset.moreStep = name
    button.textContent = text
    return button
  }
  document.addEventListener('click', function (event) {
    var button = event.target.closest('[data-more-step]')
    if (!button) return
    event.preventDefault()
    var row = button.closest('li'), before = row.previousElementSibling, list = row.parentElement
    if (button.dataset.moreStep === 'up') { if (before) list.insertBefore(row, before); button.focus() } else row.remove()
    list.dispatchEvent(new Event('input', { bubbles: true }))
  })

  function failed(box, text) {
    box.removeAttribute('data-uploading')
    tell(box, 'failed', text)
  }

  // with scripts the file itself never travels with the form
  function unname(root) {
    root.querySelectorAll('input[type=file][data-upload][name]').forEach(function (input) { input.removeAttribute('name') })
  }
  unname(document)
  document.addEventListener('htmx:afterSettle', function () { unname(document) })

  document.addEventListener('change', function (event) {
    var input = event.target
    if (!input.matches('input[type=file][data-upload]') || !input.files.length) return
    event.stopPropagation()
    send(input, input.files[0])
  }, true)

  /* -- drop a file on a material's row, or paste one while in it -- */
  function target(event) {
    var row = event.target.closest && event.target.closest('[data-drop]')
    return row && { row: row, input: row.querySelector('input[type=file][data-upload]') }
  }
  document.addEventListener('dragover', function (event) {
    var place = target(event)
    if (!place || !place.input) return
    event.preventDefault()
    place.row.setAttribute('data-over', '')
  })
  document.addEventListener('dragleave', function (event) {
    var place = target(event)
    if (place && !place.row.contains(event.relatedTarget)) place.row.removeAttribute('data-over')
  })
  function take(event, files) {
    var place = target(event)
    if (!place || !place.input || !files || !files.length) return
    event.preventDefault()
    place.row.removeAttribute('data-over')
    send(place.input, files[0])
  }
  document.addEventListener('drop', function (event) { take(event, event.dataTransfer && event.dataTransfer.files) })
  document.addEventListener('paste', function (event) { take(event, event.clipboardData && event.clipboardData.files) })
})()
