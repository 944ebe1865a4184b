// When pixels of the viewer change: its canvas is read in every animation frame.
(() => {
  const get = HTMLCanvasElement.prototype.getContext
  // else a WebGL canvas is empty to whoever reads it after its frame
  HTMLCanvasElement.prototype.getContext = function (kind, options) {
    return get.call(this, kind, kind.startsWith('webgl') ? {...options, preserveDrawingBuffer: true} : options)
  }
  const SIDE = 48
  const small = document.createElement('canvas')
  small.width = small.height = SIDE
  const pen = get.call(small, '2d', {willReadFrequently: true})
  const look = () => {
    const canvas = document.querySelector('.mw-viewer canvas, .jdaviz canvas, .glue__canvas canvas, canvas')
    pen.clearRect(0, 0, SIDE, SIDE)
    if (canvas) pen.drawImage(canvas, 0, 0, SIDE, SIDE)
    return pen.getImageData(0, 0, SIDE, SIDE).data
  }
  const apart = (a, b) => { let sum = 0; for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]); return sum / a.length }
  // every picture that differs from the one before, with its time, for some milliseconds after `start`
  const follow = (start, last) => new Promise(done => {
    const series = [], begin = performance.now()
    let seen = look()
    start()
    const frame = () => {
      const now = look(), passed = performance.now() - begin
      if (apart(now, seen) > 0.2) { series.push([passed, now]); seen = now }
      if (passed > last) done(series); else requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  })
  window.clock = {
    // ms from `start` to the first frame that shows what is there in the end; null when nothing changed
    async painted(start, last) {
      const series = await follow(start, last)
      if (!series.length) return null
      const end = series[series.length - 1][1]
      return series.find(one => apart(one[1], end) < 0.5)[0]
    },
    press(key) { window.dispatchEvent(new KeyboardEvent('keydown', {key})) },
    // ms from a click to the frame in which the plot of the pixel is another; the click comes from outside
    plotted(heading, last) {
      const plot = () => [...document.querySelectorAll('.mw-pixel .bqplot [transform]')].map(one => one.getAttribute('transform')).join()
      const before = plot()
      return new Promise(done => {
        window.addEventListener('mousedown', () => {
          const begin = performance.now()
          const frame = () => {
            const passed = performance.now() - begin
            const told = document.querySelector('.mw-pixel .mw-heading')
            if (told && told.textContent.includes('(') && told.textContent !== heading && plot() !== before && plot()) done(passed)
            else if (passed > last) done(null)
            else requestAnimationFrame(frame)
          }
          requestAnimationFrame(frame)
        }, {capture: true, once: true})
      })
    },
    // mean ms per frame until `stop` is called
    frames() {
      const begin = performance.now()
      let count = 0, on = true
      const frame = () => { count++; if (on) requestAnimationFrame(frame) }
      requestAnimationFrame(frame)
      window.clock.stop = () => { on = false; return (performance.now() - begin) / count }
    },
  }
})()
