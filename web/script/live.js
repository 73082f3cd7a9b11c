// Keeps the page as the office is. The node says that something has changed, by
// server-sent events; the page is then fetched again and its live parts are put
// in the place of the old ones. What a person is typing is never touched.
if (document.body.dataset.events) {
  const atMostEvery = () => (document.hidden ? 2000 : 250); // ms between two fetches
  let fetching = false;
  let again = false;
  let last = 0;

  async function refresh() {
    if (fetching) { again = true; return; }
    fetching = true;
    try {
      do {
        again = false;
        const wait = last + atMostEvery() - Date.now();
        if (wait > 0) await new Promise((done) => setTimeout(done, wait));
        last = Date.now();
        const answer = await fetch(document.body.dataset.page, { headers: { Accept: "text/html" }, cache: "no-store" });
        if (answer.status === 403 || answer.status >= 500) { stale(true); break; }
        put(new DOMParser().parseFromString(await answer.text(), "text/html"));
        stale(false);
      } while (again);
    } catch {
      stale(true);
    } finally {
      fetching = false;
    }
  }

  function put(page) {
    document.dispatchEvent(new CustomEvent("liaison:fetched", { detail: Number(page.documentElement.dataset.now) }));
    document.title = page.title;
    for (const old of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(old.id);
      if (!fresh || old.isEqualNode(fresh)) continue;
      const focus = place(old);
      const opened = [...old.querySelectorAll("details[open] > summary")].map((s) => s.textContent);
      const ticked = [...old.querySelectorAll("input[type=checkbox]")].map((c) => [c.name, c.value, c.checked]);
      const put = document.importNode(fresh, true);
      old.replaceWith(put);
      for (const s of put.querySelectorAll("details > summary")) {
        if (opened.includes(s.textContent)) s.parentElement.open = true;
      }
      for (const c of put.querySelectorAll("input[type=checkbox]")) {
        c.checked = ticked.find(([name, value]) => c.name === name && c.value === value)?.[2] ?? c.checked;
      }
      if (focus) put.querySelector(focus)?.focus({ preventScroll: true });
    }
  }

  // How to find the focused element again, if it is inside: by what it does, since
  // another that looks like it may stand before it now.
  function place(part) {
    const at = document.activeElement;
    if (!part.contains(at)) return "";
    if (at.id) return "#" + CSS.escape(at.id);
    const is = (name, of = at) => (of?.hasAttribute(name) ? `[${name}="${CSS.escape(of.getAttribute(name))}"]` : "");
    const form = at.form?.hasAttribute("action") ? "form" + is("action", at.form) + " " : "";
    return form + at.localName + is("href") + is("name") + (at.localName === "button" ? is("value") : "");
  }

  function stale(yes) {
    document.getElementById("stale").hidden = !yes;
  }

  // What the stream says, in this page and in the other pages of this node.
  function heard(what) {
    for (const name of ["page", "rings", "ask"]) {
      if (what[name]) return document.dispatchEvent(new CustomEvent("liaison:" + name, { detail: what[name] }));
    }
    document.dispatchEvent(new CustomEvent("liaison:hears", { detail: what !== "lost" }));
    if (what === "changed") refresh();
    else stale(what === "lost");
  }

  function listen(tell) {
    const source = new EventSource(document.body.dataset.events);
    for (const kind of ["entry", "receipt", "line", "mode", "alarm", "settled", "charter", "draft", "enclosure", "roster", "time", "lost"]) {
      source.addEventListener(kind, () => tell("changed"));
    }
    for (const name of ["page", "rings", "ask"]) {
      source.addEventListener(name, (event) => tell({ [name]: JSON.parse(event.data) }));
    }
    source.addEventListener("ended", () => { source.close(); tell("lost"); });
    let dropped = false;
    source.onopen = () => { if (dropped) tell("changed"); dropped = false; };
    source.onerror = () => { dropped = true; tell("lost"); };
    return source;
  }

  if (navigator.locks && window.BroadcastChannel) {
    // A browser has few connections to one host, and a stream holds one for good:
    // of all open pages one listens and tells the others. When it is closed,
    // another takes its place.
    const others = new BroadcastChannel("liaison");
    const last = {}; // of the page that listens: what it was told last of each
    others.onmessage = (message) => {
      if (message.data !== "what rings?") heard(message.data);
      else for (const told of Object.values(last)) others.postMessage(told);
    };
    others.postMessage("what rings?");
    let first = true;
    setTimeout(() => { first = false; });
    navigator.locks.request("liaison-events", () => new Promise(() => {
      if (!first) refresh(); // something may have happened in between
      listen((what) => {
        if (what.page) last.page = what;
        if (what.rings) last.rings = what;
        others.postMessage(what);
        heard(what);
      });
    }));
  } else {
    // Over plain HTTP there are no locks: a page that nobody sees gives its
    // connection back, and looks again when it is seen. One that is to ring keeps it.
    const away = () => document.hidden && document.getElementById("sound")?.dataset.armed !== "yes";
    let source = away() ? null : listen(heard);
    document.addEventListener("visibilitychange", () => {
      source?.close();
      source = away() ? null : listen(heard);
      if (source) refresh();
    });
  }
  document.addEventListener("liaison:stale", refresh);
}
