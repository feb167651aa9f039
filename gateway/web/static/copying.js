/* <button data-copy="#id">: what stands there goes to the clipboard; of a list of terms each line as "term：text". */
(function () {
  'use strict'
  function words(node) { return node.textContent.replace(/\s+/g, ' ').trim() }
  function text(place) {
    if (!place.matches('dl')) return words(place)
    return Array.from(place.querySelectorAll('dt')).map(function (term) {
      var told = term.nextElementSibling.cloneNode(true)
      told.querySelectorAll('button, a').forEach(function (own) { own.remove() })
      return words(term) + '：' + words(told)
    }).join('\n')
  }
  function old(value) { // where the page is not served over https
    var box = document.createElement('textarea')
    box.value = value
    box.className = 'unseen'
    document.body.appendChild(box)
    box.select()
    var done = document.execCommand('copy')
    box.remove()
    return done ? Promise.resolve() : Promise.reject(new Error('copy'))
  }
  document.addEventListener('click', function (event) {
    var button = event.target.closest('[data-copy]'), place = button && document.querySelector(button.dataset.copy)
    if (!place) return
    var value = text(place), gone = navigator.clipboard ? navigator.clipboard.writeText(value) : old(value)
    gone.then(function () { tongban.toast('已复制。') }, function () { tongban.toast('没有复制成功，请手工选中后按 Ctrl+C。') })
  })
})()
