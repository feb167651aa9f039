/* Runs before the page is drawn: large print and colours as this person chose them, so that nothing flashes.
   Only these choices are kept in the browser, never anything of a case. */
(function () {
  'use strict'
  var root = document.documentElement
  root.classList.add('js')

  function kept(name) {
    try { return localStorage.getItem('tongban.' + name) } catch (e) { return null }
  }

  function apply() {
    var size = kept('size'), theme = kept('theme')
    if (size === '125' || size === '150') root.dataset.size = size; else delete root.dataset.size
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme; else delete root.dataset.theme
  }

  apply()
  window.tongban = {
    kept: kept,
    keep: function (name, value) {
      try { localStorage.setItem('tongban.' + name, value) } catch (e) { /* private window: for this page only */ }
      apply()
    },
    csrf: function () {
      var meta = document.querySelector('meta[name="csrf"]')
      return meta ? meta.content : ''
    }
  }
})()
