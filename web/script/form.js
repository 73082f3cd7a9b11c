// Helps with writing: sizes are counted as one types, the filter acts at once,
// a form goes out once.
{
  document.documentElement.classList.add("scripted");
  const bytes = new TextEncoder();
  const grouped = (n) => (n < 10000 ? String(n) : String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f"));

  for (const line of document.querySelectorAll("[data-size-of]")) {
    const field = document.getElementById(line.dataset.sizeOf);
    const limit = Number(line.dataset.limit);
    const count = () => {
      // The words of a form count with those of the text.
      const more = line.dataset.unit === "words" ? [...field.form.querySelectorAll("[data-counted]")].map((f) => "\n" + f.value).join("") : "";
      const text = (field.value + more).normalize("NFC");
      const size = line.dataset.unit === "bytes" ? bytes.encode(text).length : line.dataset.unit === "words" ? text.split(/[ \t\n\u3000]+/).filter(Boolean).length : [...text].length;
      const urgent = field.form.elements.precedence;
      line.hidden = "urgent" in line.dataset && urgent.value !== "FLASH" && urgent.value !== "IMMEDIATE";
      line.textContent = line.dataset.words.replace("{size}", grouped(size)).replace("{limit}", grouped(limit));
      line.classList.toggle("over", size > limit);
    };
    (line.dataset.urgent === undefined ? field : field.form).addEventListener("input", count);
    count();
  }

  const writing = document.querySelector("[data-write]");
  // Another form comes at once, with its fields.
  document.querySelector("[data-take]")?.addEventListener("change", (event) => {
    writing.requestSubmit(event.target.closest(".take-form").querySelector("button"));
  });
  writing?.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    const button = writing.querySelector(event.key === "Enter" ? "[data-main]" : event.code === "KeyS" ? "[data-save]" : "[data-none]");
    if (!button) return;
    event.preventDefault();
    writing.requestSubmit(button);
  });
  // Each other form that has a main button goes out by the same keys, from any field of it.
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest("form:not([data-write])");
    const button = (event.ctrlKey || event.metaKey) && event.key === "Enter" && form?.querySelector("[data-main]");
    if (!button) return;
    event.preventDefault();
    form.requestSubmit(button);
  });
  writing?.addEventListener("submit", (event) => {
    // Not at once: a button that is disabled while the form is read would not count.
    setTimeout(() => { if (!event.defaultPrevented) for (const b of writing.querySelectorAll("button[type=submit]")) b.disabled = true; });
  });
  // Coming back to the form by the browser's own means, it can be sent again.
  addEventListener("pageshow", () => {
    for (const b of document.querySelectorAll("[data-write] button[type=submit]")) b.disabled = false;
  });
  document.querySelector("[aria-invalid=true]")?.focus();

  // Browsers leave empty boxes in a text field where the slice of the font came
  // after they had drawn it: it is laid out once more.
  const source = document.querySelector(".source");
  if (source) document.fonts.addEventListener("loadingdone", () => {
    const at = source.scrollTop;
    source.hidden = true;
    source.offsetHeight;
    source.hidden = false;
    source.scrollTop = at;
  });

  // Ticks all boxes of a list, or none if all are ticked.
  document.addEventListener("click", (event) => {
    const all = event.target.closest("[data-tick-all]");
    if (!all) return;
    const boxes = [...all.form.querySelectorAll("input[type=checkbox]")];
    const on = !boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = on;
  });

  const print = document.querySelector("[data-print]");
  if (print) print.hidden = false;
  print?.addEventListener("click", () => window.print());

  const filter = document.querySelector("[data-filter]");
  // Not for a date: a person may still be typing the other one.
  filter?.addEventListener("change", (event) => { if (event.target.matches("select")) filter.requestSubmit(); });
}
