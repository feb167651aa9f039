/* <output data-countdown="10">: counts seconds down, then asks its own page where to go until it is told. */
(function () {
  'use strict'
  var place = document.querySelector('[data-countdown]')
  if (!place) return
  var end = Date.now() + Number(place.dataset.countdown) * 1000
  function ask() {
    fetch(location.pathname, { headers: { Accept: 'application/json' }, redirect: 'manual' })
      .then(function (answer) {
        if (answer.type === 'opaqueredirect') { location.reload(); return {} } // undone in another window
        if (answer.status === 401) tongban.signedOut()
        return answer.ok ? answer.json() : {}
      })
      .then(function (told) { if (told.address) location.replace(told.address); else setTimeout(ask, 500) })
      .catch(function () { setTimeout(ask, 2000) })
  }
  function count() {
    var left = Math.max(0, Math.ceil((end - Date.now()) / 1000))
    if (place.textContent !== String(left)) place.textContent = String(left)
    if (left) setTimeout(count, 200); else ask()
  }
  count()
})()
