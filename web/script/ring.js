// Rings. The stream says what rings at this moment; the sound is heard in pages in
// which a person has armed it, until somebody of the side acknowledges or the
// person silences what rings. What is shown as armed was tried: browsers let no
// page be heard before a person has touched it.
{
  const bar = document.getElementById("sound");
  const words = bar?.dataset;
  const audio = bar?.querySelector("audio");
  const place = (name) => (name === "armed" ? sessionStorage : localStorage); // of this tab, or of this browser
  const kept = {
    get: (name, otherwise) => JSON.parse(place(name).getItem("liaison-" + name) ?? "null") ?? otherwise,
    set: (name, value) => place(name).setItem("liaison-" + name, JSON.stringify(value)),
  };
  const flood = 8; // of more than these of one class, silence holds for those of it that come later too,
  const hush = 10 * 60000; // for so long, in ms
  const classOf = (r) => r.channel + " " + r.precedence; // what is about lives at risk is of none
  let now = [];
  let more = false;
  let heard = true; // the node is heard
  let armed = false;
  let trying = false;
  let waking = 0;
  let notice = null;
  let page = { volume: "full", rings: "both", desktop: "1" }; // as its person has set it
  const volume = () => ({ half: 0.5, low: 0.2 })[page.volume] ?? 1;
  const muted = (r) => page.rings === "flash" && r.precedence !== "flash" && !r.distress;

  // Tries whether the page may be heard, by a sound without a sound.
  async function arm() {
    if (armed || trying) return;
    trying = true;
    kept.set("armed", true);
    try {
      audio.loop = false;
      audio.src = words.silent;
      await audio.play();
      armed = true;
    } catch (refused) {
      armed = refused.name === "AbortError";
    }
    trying = false;
    show();
  }

  function disarm() {
    kept.set("armed", false);
    armed = false;
    show();
  }

  // Until when what comes of a class is silent.
  const hushed = () => Object.entries(kept.get("hushed", {})).filter(([, until]) => until > Date.now());
  function loud() {
    const silenced = kept.get("silenced", []);
    const classes = new Map(hushed());
    return now.filter((r) => !muted(r) && !silenced.includes(r.id) && (r.distress || !classes.has(classOf(r))));
  }

  function play(precedence) {
    if (!precedence || !armed) {
      if (!trying) audio.pause();
      return;
    }
    const source = new URL(words[precedence], location).href;
    audio.volume = volume();
    if (audio.src === source && !audio.paused) return;
    audio.loop = true;
    audio.src = source;
    audio.play().catch((refused) => {
      if (refused.name === "AbortError") return;
      armed = false;
      show();
    });
  }

  // Says what rings in words: the precedence, the mark if it is not meant in
  // earnest, how many.
  function sentence() {
    const parts = [];
    for (const precedence of ["flash", "immediate"]) {
      for (const mark of ["", "exercise", "test"]) {
        const n = now.filter((r) => r.precedence === precedence && (r.mark ?? "") === mark).length;
        if (n) parts.push([words["word" + precedence[0].toUpperCase() + precedence.slice(1)], mark && words["word" + mark[0].toUpperCase() + mark.slice(1)], n + (more ? "+" : "")].filter(Boolean).join(" "));
      }
    }
    return parts.join(" · ");
  }

  function show() {
    const ringing = loud();
    play(ringing.some((r) => r.precedence === "flash") ? "flash" : ringing.length ? "immediate" : "");
    bar.dataset.armed = armed ? "yes" : "no";
    const state = bar.querySelector(".state");
    state.textContent = !armed ? words.off : heard ? words.armedWord : words.deaf;
    bar.querySelector("[data-arm]").hidden = armed;
    bar.querySelector("[data-disarm]").hidden = !armed;
    bar.querySelector("[data-notices]").hidden = !window.Notification || Notification.permission !== "default";

    const ring = bar.querySelector(".ringing");
    ring.hidden = !now.length;
    ring.classList.toggle("silent", !ringing.length);
    if (now.length) {
      const first = ringing[0] ?? now[0];
      const said = sentence();
      const what = ring.querySelector("strong");
      if (what.textContent !== said) what.textContent = said;
      const link = ring.querySelector("a");
      link.href = "/dispatches/" + first.id;
      link.textContent = first.id;
      ring.querySelector("[data-silence]").hidden = !ringing.length;
      const silent = ring.querySelector(".hush");
      silent.hidden = !!ringing.length;
      silent.textContent = now.every(muted) ? words.muted : hushed().length ? words.flood : words.silenced;
    }
    tell(ringing);
    clearTimeout(waking);
    const ends = hushed().map(([, until]) => until);
    if (ends.length) waking = setTimeout(show, Math.min(...ends) - Date.now() + 100);
  }

  const mayTell = () => page.desktop && window.Notification && Notification.permission === "granted";

  // Does once what the node asks for: sounds, and shows its words. The node is told
  // whether the sound was played.
  async function asked(ask) {
    if (ask.title) {
      const line = bar.querySelector(".asked");
      line.textContent = ask.title;
      line.hidden = false;
    }
    if (ask.desktop && mayTell()) {
      try {
        new Notification(ask.title, { tag: "liaison-" + (ask.sound || "soft") });
      } catch { /* some browsers show notices by other ways only */ }
    }
    const answer = ask.sound ? await once(ask.sound) : "played";
    await fetch("/sound", { method: "POST", body: new URLSearchParams({ key: ask.key, answer }) }).catch(() => {});
  }

  async function once(sound) {
    if (!armed) return "unarmed";
    if (audio.loop && !audio.paused) return "played"; // it rings
    if (trying) await new Promise((done) => setTimeout(done, 500));
    trying = true;
    let answer = "unheard";
    try {
      audio.loop = false;
      audio.volume = sound === "soft" ? 0.5 * volume() : volume();
      audio.src = words[sound === "probe" ? "silent" : sound];
      const over = new Promise((done) => {
        audio.addEventListener("ended", done, { once: true });
        setTimeout(done, 3000);
      });
      await audio.play();
      await over;
      if (audio.currentTime > 0) answer = "played";
    } catch (refused) {
      if (refused.name === "AbortError" && audio.loop) answer = "played"; // it has begun to ring
      else armed = false;
    }
    trying = false;
    show();
    return answer;
  }

  // Tells of it on the desktop, once for each dispatch, in one notice.
  function tell(ringing) {
    if (!mayTell()) return;
    if (!ringing.length) { notice?.close(); notice = null; return; }
    const told = kept.get("told", []);
    if (ringing.every((r) => told.includes(r.id))) return;
    kept.set("told", now.map((r) => r.id));
    try {
      notice = new Notification(sentence(), { tag: "liaison", body: words.waits, requireInteraction: true });
      notice.onclick = () => { window.focus(); notice.close(); };
    } catch { /* some browsers show notices by other ways only */ }
  }

  if (bar && document.body.dataset.events) {
    document.addEventListener("liaison:rings", (event) => {
      ({ now, more } = event.detail);
      heard = true;
      kept.set("silenced", kept.get("silenced", []).filter((id) => more || now.some((r) => r.id === id)).slice(-1000));
      if (!now.length) kept.set("hushed", {});
      show();
    });
    document.addEventListener("liaison:page", (event) => { page = event.detail; show(); });
    document.addEventListener("liaison:ask", (event) => asked(event.detail));
    document.addEventListener("liaison:hears", (event) => { heard = event.detail; show(); });
    bar.querySelector("[data-arm]").addEventListener("click", arm);
    bar.querySelector("[data-disarm]").addEventListener("click", disarm);
    bar.querySelector("[data-notices]").addEventListener("click", async () => { await Notification.requestPermission(); show(); });
    bar.querySelector("[data-silence]").addEventListener("click", () => {
      kept.set("silenced", [...new Set([...kept.get("silenced", []), ...now.map((r) => r.id)])].slice(-1000));
      const classes = new Map(hushed());
      for (const [name, some] of Object.entries(Object.groupBy(now.filter((r) => !r.distress), classOf))) {
        if (some.length > flood) classes.set(name, Date.now() + hush);
      }
      kept.set("hushed", Object.fromEntries(classes));
      show();
    });
    // Starting the watch arms the sound, in the page that comes next. What somebody
    // silenced before rings for who comes.
    document.addEventListener("submit", (event) => {
      if (!event.target.matches("[data-arms]")) return;
      kept.set("armed", true);
      kept.set("silenced", []);
      kept.set("hushed", {});
    });
    addEventListener("storage", show);
    // Once armed in this tab, any touch gives the page its voice back.
    for (const touch of ["click", "keydown"]) {
      document.addEventListener(touch, (event) => { if (kept.get("armed", false) && !event.target.closest("[data-disarm]")) arm(); });
    }
    if (kept.get("armed", false)) arm();
    show();
  }
}
