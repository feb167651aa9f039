/* One box for all boxes of a list: <input type="checkbox" data-select-all="name">. In a form with data-keep-checked="name"
   what was chosen stays chosen when the list fetches itself. */
(function () {
  'use strict'
  function boxes(all) { return Array.from(all.form.querySelectorAll('input[type=checkbox][name="' + all.dataset.selectAll + '"]')) }
  var chosen = {}
  document.addEventListener('change', function (event) {
    var box = event.target, form = box.form && box.form.dataset.keepChecked ? box.form : null
    if (form) setTimeout(function () {
      form.querySelectorAll('input[type=checkbox][name="' + form.dataset.keepChecked + '"]').forEach(function (one) { chosen[one.value] = one.checked })
    })
    var all = event.target.closest('[data-select-all]')
    if (all) boxes(all).forEach(function (box) { box.checked = all.checked })
    else if (event.target.form) {
      all = event.target.form.querySelector('[data-select-all]')
      if (all) all.checked = boxes(all).every(function (box) { return box.checked })
    }
  })
  document.addEventListener('htmx:afterSettle', function () {
    document.querySelectorAll('form[data-keep-checked]').forEach(function (form) {
      form.querySelectorAll('input[type=checkbox][name="' + form.dataset.keepChecked + '"]').forEach(function (one) { one.checked = chosen[one.value] === true })
    })
  })
})()
