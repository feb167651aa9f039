/* Live updates that rest while the tab is hidden or the person wants quiet, and go on where they stopped.
   Loaded before the SSE extension, which opens its streams through htmx.createEventSource. */
(function () {
  'use strict'
  var sources = new Set(), last = {}, paused = false // last: address -> id of the last event heard from it

  function Pausable(url) {
    this.url = url
    this.listeners = []
    this.readyState = EventSource.CONNECTING
    this.onopen = this.onerror = null
    sources.add(this)
    this.run()
  }
  Pausable.prototype.address = function () {
    var address = new URL(this.url, location.href)
    if (last[this.url]) address.searchParams.set('after', last[this.url])
    return address.href
  }
  Pausable.prototype.run = function () {
    if (this.inner || this.closed || paused || document.hidden) return
    var outer = this, inner = this.inner = new EventSource(this.address())
    inner.onopen = function (event) { outer.readyState = EventSource.OPEN; if (outer.onopen) outer.onopen(event); tell() }
    inner.onerror = function (event) {
      outer.readyState = inner.readyState === EventSource.CLOSED ? EventSource.CLOSED : EventSource.CONNECTING
      if (inner.readyState === EventSource.CLOSED) { outer.inner = null; sources.delete(outer) } // the extension opens another
      tell()
      if (outer.onerror) outer.onerror(event)
    }
    this.listeners.forEach(function (pair) { inner.addEventListener(pair.type, pair.heard) })
    tell()
  }
  Pausable.prototype.rest = function () {
    if (this.inner) this.inner.close()
    this.inner = null
    this.readyState = EventSource.CONNECTING
    tell()
  }
  Pausable.prototype.close = function () {
    this.closed = true
    this.rest()
    this.readyState = EventSource.CLOSED
    sources.delete(this)
    tell()
  }
  Pausable.prototype.addEventListener = function (type, listener) {
    var outer = this
    var pair = { type: type, listener: listener, heard: function (event) { if (event.lastEventId) last[outer.url] = event.lastEventId; listener(event) } }
    this.listeners.push(pair)
    if (this.inner) this.inner.addEventListener(type, pair.heard)
  }
  Pausable.prototype.removeEventListener = function (type, listener) {
    var inner = this.inner
    this.listeners = this.listeners.filter(function (pair) {
      var gone = pair.type === type && pair.listener === listener
      if (gone && inner) inner.removeEventListener(type, pair.heard)
      return !gone
    })
  }
  htmx.createEventSource = function (url) { return new Pausable(url) }

  function all(deed) { Array.from(sources).forEach(function (source) { source[deed]() }) }
  document.addEventListener('visibilitychange', function () { all(document.hidden ? 'rest' : 'run') })
  window.addEventListener('pagehide', function () { all('rest') })
  window.addEventListener('pageshow', function () { all('run') })

  /* -- what people see of it -- */
  function tell() {
    var place = document.querySelector('[data-stream-state]'), live = false
    if (!place) return
    sources.forEach(function (source) { live = live || source.readyState === EventSource.OPEN })
    place.dataset.streamState = paused ? 'paused' : live ? 'live' : 'lost'
    place.textContent = paused ? '更新已暂停' : live ? '实时更新中' : '正在连接实时更新…'
  }
  document.addEventListener('click', function (event) {
    var button = event.target.closest('[data-stream-toggle]')
    if (!button) return
    paused = !paused
    button.setAttribute('aria-pressed', String(paused))
    button.querySelector('use').setAttribute('href', paused ? '#i-play' : '#i-pause')
    button.lastChild.textContent = paused ? '继续更新' : '暂停更新'
    all(paused ? 'rest' : 'run')
    tell()
  })
})()
