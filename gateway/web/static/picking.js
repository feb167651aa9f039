/* Choosing from a list while typing: a change of a filter asks at once, a search asks while one types (never in the
   middle of an input method's word), Enter opens the first line that can be opened. */
(function () {
  'use strict'
  var asked = 0, opening = null

  document.addEventListener('change', function (event) {
    if (event.target.matches('[data-submits]')) event.target.form.requestSubmit()
  })

  // htmx listens for `typed`
  function typed(field) { asked += 1; field.dispatchEvent(new Event('typed', { bubbles: true })) }
  document.addEventListener('input', function (event) {
    if (event.target.matches('[data-typed]') && !event.isComposing) typed(event.target)
  })
  document.addEventListener('compositionend', function (event) { if (event.target.matches('[data-typed]')) typed(event.target) })

  function openFirst() {
    var link = document.querySelector('[data-rows] a[data-open]')
    opening = null
    if (link) link.click()
  }
  document.addEventListener('keydown', function (event) {
    if (event.isComposing || event.keyCode === 229 || !event.target.matches('[data-typed]')) return
    if (event.key === 'Enter') {
      event.preventDefault()
      if (asked) opening = event.target; else openFirst()
    } else if (event.key === 'ArrowDown') {
      var first = document.querySelector('[data-rows] [data-row] a[data-open]')
      event.preventDefault()
      if (first) first.focus()
    }
  })
  document.addEventListener('htmx:afterSettle', function () { asked = 0; if (opening) openFirst() })
  document.addEventListener('htmx:responseError', function () { asked = 0; opening = null })
})()
