// Reads files in as soon as they are chosen, part by part, shows how far that is, and
// goes on where it was after a cut. Without it they are read in by a button.
{
  const writing = document.querySelector("[data-write]");
  let under = false; // files are on their way
  // What is released meanwhile would go out without them.
  writing?.addEventListener("submit", (event) => {
    if (!under) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    document.querySelector("#enclosing .progress").scrollIntoView({ block: "center" });
  }, true);
  writing?.addEventListener("change", (event) => {
    if (event.target.id !== "file" || !event.target.files.length) return;
    enclose([...event.target.files]);
  });

  // enclose has files read in one after another, until one is refused.
  async function enclose(files) {
    const chosen = document.getElementById("file");
    const large = files.find((file) => file.size > Number(chosen.dataset.bytes));
    if (large) {
      say(chosen.dataset.tooLarge.replace("{name}", large.name));
      chosen.value = "";
      return;
    }
    under = true;
    const all = files.reduce((sum, file) => sum + file.size, 0);
    let through = 0; // bytes
    try {
      for (const file of files) {
        if (!(await read(file, (held) => say(file.name, (through + held) / all)))) break;
        through += file.size;
      }
      document.getElementById("file")?.focus();
    } catch (refused) {
      say(refused.sentence ?? chosen.dataset.failed);
      for (const input of document.querySelectorAll("#file")) {
        input.value = "";
        input.disabled = false;
      }
    } finally {
      under = false;
    }
  }

  // say shows how far the files are, as a part of 1, or what is in their way. Where a
  // dispatch has all the files that it may have, there is no place for it.
  function say(words, part) {
    const progress = document.querySelector("#enclosing .progress");
    if (!progress) return;
    progress.hidden = false;
    progress.querySelector("span").textContent = words;
    if (part !== undefined) progress.querySelector("progress").value = 100 * part;
  }

  // read has one file read in and named in the form, and tells whether it was taken.
  async function read(file, progress) {
    for (const input of document.querySelectorAll("#file")) input.disabled = true;
    progress(0);
    const part = document.getElementById("enclosing");
    const form = new FormData();
    form.append("only", "part");
    form.append("upload", await send(file, progress));
    for (const held of part.querySelectorAll("input[name=enclosed]:checked")) form.append("enclosed", held.value);
    const answer = await ask("/enclosures", { method: "POST", body: form });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("enclosing");
    if (!fresh) throw new Error("no part of the page");
    part.replaceWith(document.importNode(fresh, true));
    writing.dispatchEvent(new Event("input")); // the draft has changed
    return answer.ok;
  }

  const partSize = 512 * 1024; // whole chunks: what does not fill one is sent again

  // send sends the bytes of a file, and gives the id of its upload.
  async function send(file, progress) {
    const form = new URLSearchParams({ name: file.name, size: file.size });
    const { id, offset } = await told(await ask("/uploads", { method: "POST", body: form }));
    for (let at = offset; at < file.size; progress(at)) {
      const headers = { "Content-Type": "application/octet-stream" };
      const body = file.slice(at, at + partSize);
      at = (await told(await ask(`/uploads/${id}?offset=${at}`, { method: "POST", headers, body }))).offset;
    }
    return id;
  }

  // told reads what the node says of an upload. A part that came twice (409) was not refused.
  async function told(answer) {
    if (!answer.headers.get("Content-Type")?.startsWith("application/json")) throw new Error("no answer for a script");
    const state = await answer.json();
    if (!answer.ok && answer.status !== 409) throw state;
    return state;
  }

  const tries = 60; // with pauses of 1 to 30 seconds: half an hour

  // ask asks the node, again and again while it cannot be reached or has a fault.
  async function ask(address, request) {
    for (let n = 1; ; n++) {
      try {
        const answer = await fetch(address, request);
        if (answer.status < 500) return answer;
      } catch (unreached) {
        if (n === tries) throw unreached;
      }
      if (n === tries) throw new Error("no answer");
      say(document.getElementById("file")?.dataset.again);
      await new Promise((again) => setTimeout(again, Math.min(2 ** (n - 1), 30) * 1000));
    }
  }
}
