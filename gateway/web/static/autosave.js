/* Drafts: <form data-autosave="address"> is posted two seconds after typing stops, and when a field is left.
   The answer {"draft": "id"?} is kept in the form's field `draft`; [data-saved] tells what happened. */
(function () {
  'use strict'
  var QUIET = 2000, AGAIN = 15000

  function Draft(form) {
    this.form = form
    this.dirty = false
    this.sending = false
    this.timer = 0
    var draft = this
    form.addEventListener('input', function (event) { if (!event.isComposing) draft.touch() })
    form.addEventListener('compositionend', function () { draft.touch() })
    form.addEventListener('change', function () { draft.touch() })
    form.addEventListener('focusout', function () { if (draft.dirty) draft.later(200) })
    form.addEventListener('submit', function (event) {
      if (!event.submitter || !event.submitter.hasAttribute('data-no-guard')) { clearTimeout(draft.timer); draft.dirty = false }
    })
    document.addEventListener('visibilitychange', function () { if (document.hidden && draft.dirty) draft.save(true) })
  }
  Draft.prototype.touch = function () { this.dirty = true; this.later(QUIET) }
  Draft.prototype.later = function (wait) {
    clearTimeout(this.timer)
    this.timer = setTimeout(this.save.bind(this), wait)
  }
  Draft.prototype.tell = function (state, text) {
    var place = this.form.querySelector('[data-saved]')
    if (!place) return
    place.dataset.saved = state
    place.textContent = text
  }
  Draft.prototype.body = function () {
    var pairs = new URLSearchParams()
    new FormData(this.form).forEach(function (value, name) { if (typeof value === 'string') pairs.append(name, value) })
    return pairs
  }
  Draft.prototype.save = function (leaving) {
    var draft = this
    clearTimeout(draft.timer)
    if (draft.sending || draft.form.dataset.busy) { draft.later(QUIET); return }
    draft.sending = true
    draft.dirty = false
    draft.tell('saving', '正在保存…')
    fetch(draft.form.dataset.autosave, { method: 'POST', body: draft.body(), headers: { 'X-CSRF-Token': tongban.csrf(), Accept: 'application/json' }, keepalive: leaving === true, redirect: 'error' })
      .then(function (answer) {
        if (answer.status === 401) tongban.signedOut()
        if (!answer.ok) throw new Error(String(answer.status))
        return answer.status === 204 ? {} : answer.json()
      })
      .then(function (saved) {
        var field = draft.form.querySelector('input[name="draft"]')
        if (field && saved.draft) field.value = saved.draft
        // going back or reloading comes to the draft, not to an empty form
        if (saved.draft && draft.form.dataset.draftAddress) history.replaceState(history.state, '', draft.form.dataset.draftAddress + saved.draft)
        draft.tell('saved', '草稿已保存 ' + new Date().toLocaleTimeString('zh-CN', { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }))
      })
      .catch(function () {
        draft.dirty = true
        draft.tell('failed', '草稿未能保存，稍后自动重试')
        draft.later(AGAIN)
      })
      .finally(function () { draft.sending = false })
  }

  document.querySelectorAll('form[data-autosave]').forEach(function (form) { new Draft(form) })
})()
