/* One box for all boxes of a list: <input type="checkbox" data-select-all="name">. */
(function () {
  'use strict'
  function boxes(all) { return Array.from(all.form.querySelectorAll('input[type=checkbox][name="' + all.dataset.selectAll + '"]')) }
  document.addEventListener('change', function (event) {
    var all = event.target.closest('[data-select-all]')
    if (all) boxes(all).forEach(function (box) { box.checked = all.checked })
    else if (event.target.form) {
      all = event.target.form.querySelector('[data-select-all]')
      if (all) all.checked = boxes(all).every(function (box) { return box.checked })
    }
  })
})()
