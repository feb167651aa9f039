/* <select data-insert-into="id">: the chosen sentence goes in where the cursor was, into the text last written in. */
(function () {
  'use strict'
  var last = null
  document.addEventListener('focusin', function (event) {
    if (event.target.matches('textarea, input:not([type]), input[type=text]')) last = event.target
  })
  document.addEventListener('change', function (event) {
    var choice = event.target
    if (!choice.matches || !choice.matches('[data-insert-into]') || !choice.value) return
    var own = document.getElementById(choice.dataset.insertInto)
    var field = last && last.form === (own || choice).form && last.matches('textarea, .phrase-field') ? last : own
    var sentence = choice.value
    choice.value = ''
    if (!field) return
    var at = field.selectionStart, to = field.selectionEnd
    field.value = field.value.slice(0, at) + sentence + field.value.slice(to)
    field.focus()
    field.setSelectionRange(at + sentence.length, at + sentence.length)
    field.dispatchEvent(new Event('input', { bubbles: true }))
  })
})()
