// Reads files in as soon as they are chosen, and shows how far that is. Without
// it they are read in by a button.
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
    enclose(event.target);
  });

  function enclose(chosen) {
    const part = document.getElementById("enclosing");
    const progress = part.querySelector(".progress");
    const bar = progress.querySelector("progress");
    const said = progress.querySelector("span");
    progress.hidden = false;
    for (const file of chosen.files) {
      if (file.size > Number(chosen.dataset.bytes)) {
        said.textContent = chosen.dataset.tooLarge.replace("{name}", file.name);
        chosen.value = "";
        return;
      }
    }
    const form = new FormData();
    form.append("only", "part");
    for (const held of part.querySelectorAll("input[name=enclosed]:checked")) form.append("enclosed", held.value);
    for (const file of chosen.files) form.append("file", file);
    said.textContent = [...chosen.files].map((f) => f.name).join(", ");
    chosen.disabled = under = true;
    const request = new XMLHttpRequest();
    request.open("POST", "/enclosures");
    request.upload.onprogress = (e) => { if (e.lengthComputable) bar.value = (100 * e.loaded) / e.total; };
    request.onerror = () => { said.textContent = chosen.dataset.failed; chosen.value = ""; };
    request.onloadend = () => { chosen.disabled = under = false; };
    request.onload = () => {
      const fresh = new DOMParser().parseFromString(request.responseText, "text/html").getElementById("enclosing");
      if (!fresh) { request.onerror(); return; }
      part.replaceWith(document.importNode(fresh, true));
      document.getElementById("file")?.focus();
      writing.dispatchEvent(new Event("input")); // the draft has changed
    };
    request.send(form);
  }
}
