/* Filling in a form: dates as people type them, Enter to the next field, no double submit. */
(function () {
  'use strict'

  /* -- dates: 20080301, 2008-3-1, 2008.3.1 -> 2008-03-01, on leaving the field -- */
  function two(part) { return part.length < 2 ? '0' + part : part }
  function day(text) {
    var m = /^(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})\D{0,2}$/.exec(text) || /^(\d{4})(\d{2})(\d{2})$/.exec(text)
    if (!m) return text
    var value = m[1] + '-' + two(m[2]) + '-' + two(m[3]), date = new Date(value + 'T00:00:00Z')
    return isNaN(date) || date.toISOString().slice(0, 10) !== value ? text : value
  }
  function month(text) {
    var m = /^(\d{4})\D{1,2}(\d{1,2})\D{0,2}$/.exec(text) || /^(\d{4})(\d{2})$/.exec(text)
    return m && +m[2] >= 1 && +m[2] <= 12 ? m[1] + '-' + two(m[2]) : text
  }
  document.addEventListener('focusout', function (event) {
    var kind = event.target.dataset && event.target.dataset.normalize
    if (!kind || !event.target.value) return
    var text = event.target.value.normalize('NFKC').trim(), value = kind === 'month' ? month(text) : day(text)
    if (value === event.target.value) return
    event.target.value = value
    event.target.dispatchEvent(new Event('input', { bubbles: true }))
  })

  /* -- Enter goes on, Ctrl+Enter submits -- */
  var STOPS = 'input:not([type=hidden]):not([tabindex="-1"]), select, textarea, button.button:not(.bare):not(.small)'
  function next(form, from) {
    var stops = Array.from(form.querySelectorAll(STOPS)).filter(function (stop) {
      return !stop.disabled && stop.getClientRects().length && !(stop.type === 'radio' && stop.name === from.name)
        && (stop.type !== 'radio' || !other(stop) || stop.checked)
    })
    return stops.find(function (stop) { return from.compareDocumentPosition(stop) & Node.DOCUMENT_POSITION_FOLLOWING })
  }
  // of a group of radios one is the stop: the chosen one, else the first
  function other(radio) {
    var group = Array.from(radio.form.querySelectorAll('input[type=radio]')).filter(function (one) { return one.name === radio.name })
    return group.some(function (one) { return one.checked }) || group[0] !== radio
  }
  document.addEventListener('keydown', function (event) {
    var field = event.target, form = field.form
    if (event.key !== 'Enter' || event.isComposing || event.keyCode === 229 || !form || form.dataset.enter !== 'next') return
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault()
      form.requestSubmit(form.querySelector('[data-default]') || undefined)
      return
    }
    if (tongban.kept('enter') === 'off' || event.shiftKey || event.altKey) return
    if (!field.matches('input, select') || field.type === 'file') return
    event.preventDefault()
    var stop = next(form, field)
    if (stop) { stop.focus(); if (stop.select && stop.matches('input')) stop.select() }
  })

  /* -- once is enough -- */
  function busy(form, on) {
    form.querySelectorAll('button:not([type=button])').forEach(function (button) {
      if (on) button.setAttribute('aria-disabled', 'true'); else button.removeAttribute('aria-disabled')
    })
    if (on) form.dataset.busy = '1'; else delete form.dataset.busy
  }
  document.addEventListener('submit', function (event) {
    var form = event.target
    if (form.method !== 'post' || (event.submitter && event.submitter.hasAttribute('data-no-guard'))) return
    if (form.dataset.busy) { event.preventDefault(); event.stopImmediatePropagation(); return }
    if (form.querySelector('[data-uploading]')) {
      event.preventDefault()
      event.stopImmediatePropagation()
      tongban.toast('还有文件在上传，请等上传完成后再提交。')
      return
    }
    setTimeout(function () { busy(form, true) }) // after the button's own name and value went along
    setTimeout(function () { busy(form, false) }, 30000)
  }, true)
  document.addEventListener('htmx:afterRequest', function (event) {
    var form = event.target.closest && event.target.closest('form')
    if (form) busy(form, false)
  })
  window.addEventListener('pageshow', function (event) {
    if (event.persisted) document.querySelectorAll('form[data-busy]').forEach(function (form) { busy(form, false) })
  })
})()
