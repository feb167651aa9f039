/* What every page does: partial updates that keep what is being typed, messages, the menu, focus after a swap. */
(function () {
  'use strict'

  /* -- partial updates -- */
  var own = Idiomorph.defaults.callbacks
  Object.assign(Idiomorph.defaults, { ignoreActiveValue: true })

  function touched(element, attribute) {
    if (attribute === 'value') return 'defaultValue' in element && element.value !== element.defaultValue
    if (attribute === 'checked') return 'defaultChecked' in element && element.checked !== element.defaultChecked
    if (attribute === 'selected') return 'defaultSelected' in element && element.selected !== element.defaultSelected
    return false
  }
  // what a person changed and has not sent stays; what the server gives back unchanged counts as sent
  own.beforeNodeMorphed = function (before, after) {
    if (before instanceof HTMLElement && before.hasAttribute('data-uploading')) return false
    if (before instanceof HTMLElement && touched(before, 'value') && before.value === after.value) before.defaultValue = before.value
    return true
  }
  own.beforeAttributeUpdated = function (attribute, element) { return attribute !== 'data-here' && !touched(element, attribute) }

  document.addEventListener('htmx:configRequest', function (event) {
    event.detail.headers['X-CSRF-Token'] = tongban.csrf()
  })
  // a sign-in page or another page that lacks the wanted part never replaces a form
  document.addEventListener('htmx:beforeSwap', function (event) {
    var wanted = event.detail.requestConfig && event.detail.requestConfig.elt.getAttribute('hx-select')
    var answer = event.detail.xhr
    if (answer.responseURL && new URL(answer.responseURL).pathname === '/sign-in') {
      event.detail.shouldSwap = false
      signedOut()
    } else if (wanted && event.detail.shouldSwap && answer.responseText.indexOf('id="' + wanted.slice(1) + '"') < 0) {
      event.detail.shouldSwap = false
      toast('页面没有按预期更新，填写的内容仍在。请稍后再试。')
    }
  })
  // signed out meanwhile: say so and leave the page as it is, whatever redirect the answer asks for
  document.addEventListener('htmx:beforeOnLoad', function (event) {
    if (event.detail.xhr.status !== 401) return
    event.preventDefault()
    signedOut()
  })
  document.addEventListener('htmx:responseError', function (event) {
    toast('系统没有处理成功（' + event.detail.xhr.status + '），填写的内容仍在。请稍后再试。')
  })
  document.addEventListener('htmx:sendError', function () { toast('网络不通，填写的内容仍在。请检查网络后再试。') })
  document.addEventListener('htmx:afterSettle', function (event) { goTo(event.target) })

  /* -- focus: the error summary, or the row just added -- */
  function goTo(part) {
    var place = part.matches && part.matches('[data-focus]') ? part : part.querySelector && part.querySelector('[data-focus]')
    if (place) {
      var field = document.getElementById(place.dataset.focus)
      place.removeAttribute('data-focus')
      if (field) field.focus()
      return
    }
    var summary = part.querySelector && part.querySelector('.error-summary')
    if (summary) summary.focus()
  }
  goTo(document)
  document.addEventListener('click', function (event) {
    var link = event.target.closest('.error-summary a[href^="#"]')
    var field = link && document.getElementById(link.hash.slice(1))
    if (!field) return
    event.preventDefault()
    var box = field.closest('.field') || field
    box.scrollIntoView({ block: 'center' })
    field.focus({ preventScroll: true })
  })

  /* -- short messages -- */
  function toast(text, link) {
    var box = document.getElementById('toasts'), item = document.createElement('div'), close = document.createElement('button')
    item.className = 'toast'
    item.append(text)
    if (link) item.append(link)
    close.type = 'button'
    close.className = 'button small'
    close.textContent = '知道了'
    close.addEventListener('click', function () { item.remove() })
    item.append(close)
    box.replaceChildren(item)
  }
  function signedOut() {
    var link = document.createElement('a')
    link.href = '/sign-in?next=' + encodeURIComponent(location.pathname + location.search)
    link.textContent = '重新登录'
    toast('登录已过期。已保存的草稿不会丢失。', link)
  }
  tongban.toast = toast
  tongban.signedOut = signedOut

  /* -- menu, switches, dialogs -- */
  document.addEventListener('click', function (event) {
    var size = event.target.closest('[data-size][aria-pressed]'), theme = event.target.closest('[data-theme-set]')
    var opener = event.target.closest('[data-open-dialog]')
    if (size) tongban.keep('size', size.dataset.size)
    if (theme) tongban.keep('theme', theme.dataset.themeSet)
    if (size || theme) showSwitches()
    if (opener) document.getElementById(opener.dataset.openDialog).showModal()
    document.querySelectorAll('[data-menu][open]').forEach(function (menu) {
      if (!menu.contains(event.target) || opener) menu.open = false
    })
  })
  document.addEventListener('keydown', function (event) {
    var menu = event.key === 'Escape' && document.querySelector('[data-menu][open]')
    if (!menu) return
    menu.open = false
    menu.querySelector('summary').focus()
  })
  function showSwitches() {
    document.querySelectorAll('[data-size][aria-pressed]').forEach(function (button) {
      button.setAttribute('aria-pressed', String(button.dataset.size === (tongban.kept('size') || '100')))
    })
    document.querySelectorAll('[data-theme-set]').forEach(function (button) {
      button.setAttribute('aria-pressed', String(button.dataset.themeSet === (tongban.kept('theme') || 'auto')))
    })
  }
  showSwitches()

  document.addEventListener('click', function (event) {
    if (event.target.closest('[data-print]')) window.print()
  })
  if (document.querySelector('[data-print-now]')) window.addEventListener('load', function () { window.print() })
})()
