/* What is fetched into a dialog opens it; closed, the dialog forgets what it showed. */
(function () {
  'use strict'
  document.addEventListener('htmx:afterSwap', function (event) {
    var dialog = event.target.closest('dialog')
    if (dialog && !dialog.open) dialog.showModal()
  })
  document.addEventListener('close', function (event) {
    var place = event.target.querySelector && event.target.querySelector('[data-forget]')
    if (place) place.replaceChildren()
  }, true)
  document.addEventListener('click', function (event) {
    var closer = event.target.closest('[data-close-dialog]'), dialog = closer && closer.closest('dialog')
    if (!dialog) return
    event.preventDefault()
    dialog.close()
  })
})()
