/* Single keys, rows by J and K, and the barcode scanner. Single keys can be turned off and rest while one types. */
(function () {
  'use strict'
  var BURST = 35, SHORTEST = 8 // milliseconds between a scanner's keys; characters of the shortest code
  var burst = '', last = 0, waiting = 0

  function on() { return tongban.kept('keys') !== 'off' }
  function typing(element) {
    return element.isContentEditable || element.matches('input:not([type=checkbox]):not([type=radio]):not([type=button]), textarea, select')
  }
  function rows() { return Array.from(document.querySelectorAll('[data-rows] [data-row]')) }
  function here() { return document.querySelector('[data-row][data-here]') }

  function move(step) {
    var all = rows(), at = all.indexOf(here()), row = all[Math.min(Math.max(at + step, 0), all.length - 1)]
    if (!row) return
    all.forEach(function (one) { one.removeAttribute('data-here') })
    row.setAttribute('data-here', '')
    row.scrollIntoView({ block: 'nearest' })
    var link = row.querySelector('a[data-open], a')
    if (link) link.focus({ preventScroll: true })
  }
  function open(row) {
    var link = row && row.querySelector('a[data-open], a[href]')
    if (link) link.click()
  }
  var deeds = {
    '/': function () { var box = document.querySelector('[data-search]'); if (box) { box.focus(); box.select() } },
    '?': function () { var sheet = document.getElementById('shortcuts'); if (sheet && !sheet.open) sheet.showModal() },
    n: function () { var link = document.querySelector('[data-new]'); if (link) link.click() },
    j: function () { move(1) },
    k: function () { move(-1) },
    x: function () { var row = here(), box = row && row.querySelector('input[type=checkbox]'); if (box) box.click() }
  }
  function deed(key) {
    var name = key.toLowerCase(), own = /^[0-9a-z]$/.test(name) && document.querySelector('[data-key="' + name + '"]')
    return own ? function () { own.click() } : deeds[name]
  }

  document.addEventListener('keydown', function (event) {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'Escape' && event.target.matches('[data-search]')) event.target.blur()
    if (typing(event.target) || document.querySelector('dialog[open]')) return
    if (scanned(event) || event.repeat && event.key !== 'j' && event.key !== 'k') return
    if (event.key === 'Enter' && event.target === document.body && here() && on()) open(here())
    var act = on() && event.key.length === 1 && deed(event.key)
    if (!act) return
    if (event.key === '/' || event.key === '?') event.preventDefault()
    waiting = setTimeout(act, BURST + 10) // a scanner's next key calls it off
  })

  // true when this key belongs to a code that a scanner is typing
  function scanned(event) {
    var now = event.timeStamp, quick = now - last < BURST
    last = now
    if (quick) clearTimeout(waiting)
    if (event.key === 'Enter') {
      var code = burst
      burst = ''
      if (!quick || code.length < SHORTEST) return false
      event.preventDefault()
      location.assign('/applications?q=' + encodeURIComponent(code))
      return true
    }
    if (event.key.length !== 1) return false
    burst = quick ? burst + event.key : event.key
    return quick && burst.length > 1
  }

  /* -- the mouse in a row does what Enter does -- */
  document.addEventListener('click', function (event) {
    var row = event.target.closest('[data-rows] [data-row]')
    if (!row || event.target.closest('a, button, input, label, summary') || String(window.getSelection())) return
    open(row)
  })
  document.addEventListener('focusin', function (event) {
    var row = event.target.closest('[data-rows] [data-row]')
    if (!row) return
    rows().forEach(function (one) { one.toggleAttribute('data-here', one === row) })
  })

  /* -- the two switches of the sheet -- */
  document.querySelectorAll('[data-preference]').forEach(function (box) {
    box.checked = tongban.kept(box.dataset.preference) !== 'off'
    box.addEventListener('change', function () { tongban.keep(box.dataset.preference, box.checked ? 'on' : 'off') })
  })
})()
