// Keys. A single letter acts only when no field has the focus, and a person can
// turn them all off; letters are taken by their place, so that they work while
// Hangul is typed. An action without a letter has a digit, which leads to it: Enter
// then does it. Of more than nine such actions 0 gives the digits to the next nine.
{
  const legend = document.querySelector(".keys");
  const button = document.querySelector("[data-keys-switch]");
  const more = document.querySelector("[data-keys-more]");
  const kept = "liaison-keys";
  let numbered = 0; // how many actions stand before those that have digits now
  let on = localStorage.getItem(kept) !== "off";

  function show() {
    document.documentElement.classList.toggle("keys-off", !on);
    if (button) button.textContent = on ? button.dataset.wordsOn : button.dataset.wordsOff;
  }

  function rows(step) {
    const all = [...document.querySelectorAll("[data-row] a[href]")];
    if (!all.length) return;
    const here = all.indexOf(document.activeElement);
    const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + step, 0), all.length - 1);
    all[next].focus();
  }

  // actions are those of the page that show no key of their own.
  function actions() {
    return [...document.querySelectorAll("main button[type=submit], main a.button")]
      .filter((act) => act.checkVisibility() && !act.disabled && !act.querySelector("kbd:not([data-digit])"));
  }

  // number shows at nine of them their digits.
  function number() {
    const acts = actions();
    unnumber();
    if (numbered >= acts.length) numbered = 0;
    acts.slice(numbered, numbered + 9).forEach((act, i) => {
      const digit = document.createElement("kbd");
      digit.dataset.digit = digit.textContent = i + 1;
      act.append(digit);
    });
    if (more) more.hidden = acts.length <= 9;
  }

  function unnumber() {
    for (const digit of document.querySelectorAll("kbd[data-digit]")) digit.remove();
  }

  document.addEventListener("keydown", (event) => {
    if (!on || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]")) return;
    if (event.key === "?") {
      document.querySelector("[data-help]")?.click();
      return;
    }
    if (event.key === "/" || event.code === "Slash" && !event.shiftKey) {
      const search = document.getElementById("search");
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
      return;
    }
    if (/^(Digit|Numpad)0$/.test(event.code) && !event.shiftKey) {
      numbered += 9;
      number();
      return actions()[numbered]?.scrollIntoView({ block: "nearest" });
    }
    if (/^(Digit|Numpad)[1-9]$/.test(event.code) && !event.shiftKey) {
      const act = document.querySelector(`kbd[data-digit="${event.code.slice(-1)}"]`)?.parentElement;
      act?.scrollIntoView({ block: "nearest" });
      act?.focus();
      return;
    }
    if (event.code === "KeyJ") return rows(1);
    if (event.code === "KeyK") return rows(-1);
    if (!event.code.startsWith("Key")) return;
    const target = document.querySelector(`[data-key="${event.code.slice(3)}"]`);
    if (target) {
      event.preventDefault();
      target.click();
    }
  });
  button?.addEventListener("click", () => {
    on = !on;
    localStorage.setItem(kept, on ? "on" : "off");
    show();
  });
  if (legend) legend.hidden = false;
  show();
  number();
  document.addEventListener("toggle", number, true);
  document.addEventListener("liaison:fetched", () => { // what is shown is compared with what came
    unnumber();
    queueMicrotask(number); // in one go with what came: no picture is without digits
  });
}
