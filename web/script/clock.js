// Lets clocks tick and ages count on. The time is the node's, as it stood when
// the page was made, and runs on from there: the browser's own clock may be wrong.
{
  const root = document.documentElement;
  let ahead = Number(root.dataset.now) - Date.now();

  // The node's time, in milliseconds.
  const now = () => Date.now() + ahead;

  const two = (n) => String(n).padStart(2, "0");

  // The same as duration in time.go.
  function duration(ms) {
    const s = Math.floor(Math.max(ms, 0) / 1000);
    const fill = (pattern, parts) => pattern.replace(/\{(\w)\}/g, (all, name) => parts[name]);
    if (s < 60) return fill(root.dataset.seconds, { s });
    if (s < 3600) return fill(root.dataset.minutes, { m: Math.floor(s / 60) });
    if (s < 48 * 3600) return fill(root.dataset.hours, { h: Math.floor(s / 3600), m: Math.floor((s % 3600) / 60) });
    return fill(root.dataset.days, { d: Math.floor(s / 86400), h: Math.floor((s % 86400) / 3600) });
  }

  function show(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function tick() {
    const t = now();
    for (const e of document.querySelectorAll("[data-clock]")) {
      const d = new Date(t + Number(e.dataset.clock) * 60000);
      show(e, two(d.getUTCHours()) + ":" + two(d.getUTCMinutes()) + ":" + two(d.getUTCSeconds()));
    }
    for (const e of document.querySelectorAll("[data-date]")) {
      const d = new Date(t + Number(e.dataset.date) * 60000);
      show(e, d.getUTCFullYear() + "-" + two(d.getUTCMonth() + 1) + "-" + two(d.getUTCDate()));
    }
    for (const e of document.querySelectorAll("[data-since]")) show(e, duration(t - Number(e.dataset.since)));
    for (const e of document.querySelectorAll("[data-until]")) {
      const left = Number(e.dataset.until) - t;
      show(e, duration(left));
      if (left <= 0 && !e.dataset.past) {
        e.dataset.past = "yes"; // a clock of the charter has run out: other words are due
        document.dispatchEvent(new Event("liaison:stale"));
      }
    }
    setTimeout(tick, 1000 - (now() % 1000));
  }

  // A page that was fetched anew brings the node's time anew.
  document.addEventListener("liaison:fetched", (event) => { ahead = event.detail - Date.now(); });
  tick();
}
