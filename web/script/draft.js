// Saves a draft as one types. The node says whether it could: if another tab or
// another person has changed the draft meanwhile nothing is overwritten, and the
// button that saves leads to a page with both texts.
{
  const form = document.querySelector("[data-saves]");
  const line = document.getElementById("saved");
  const quiet = 1200; // ms without a key before it is saved
  let timer = 0;
  let saving = false;
  let stopped = false;
  let sent = "";

  function say(text, failed) {
    line.textContent = text;
    line.classList.toggle("failed", failed);
  }

  // What is typed, without what only says which version it was typed in.
  function content() {
    const fields = new URLSearchParams(new FormData(form));
    fields.delete("version");
    return fields.toString();
  }

  function changed() {
    clearTimeout(timer);
    if (stopped || content() === sent) return;
    if (!saving) say(line.dataset.typing, false);
    timer = setTimeout(save, quiet);
  }

  async function save() {
    if (saving || stopped) return;
    saving = true;
    const typed = content();
    const fields = new URLSearchParams(new FormData(form));
    fields.set("do", "save");
    try {
      const answer = await fetch(form.action, { method: "POST", body: fields, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(15000) });
      if (answer.status === 403) {
        stopped = true;
        say(line.dataset.ended, true);
        return;
      }
      const said = await answer.json();
      say(said.sentence, !answer.ok);
      if (!answer.ok) {
        stopped = answer.status === 409;
        return;
      }
      sent = typed;
      form.elements.version.value = said.version;
      if (form.getAttribute("action") !== said.href) {
        form.action = said.href;
        document.body.dataset.page = said.href + "/edit";
        history.replaceState(null, "", said.href + "/edit");
      }
    } catch {
      say(line.dataset.failed, true);
      timer = setTimeout(save, 5000);
    } finally {
      saving = false;
      if (!stopped && sent === typed) changed();
    }
  }

  if (form) {
    sent = content();
    form.addEventListener("input", changed);
    // What is pressed saves by itself; two at once would be in each other's way.
    form.addEventListener("submit", (event) => {
      clearTimeout(timer);
      if (saving) {
        event.preventDefault();
        const button = event.submitter;
        const again = setInterval(() => {
          if (saving) return;
          clearInterval(again);
          form.requestSubmit(button);
        }, 50);
        return;
      }
      stopped = true;
    });
    addEventListener("pageshow", () => { stopped = false; });
  }
}
