// Passkeys: asks the device, then sends the form with its answer. What the page
// says of that stands in it, hidden.
for (const form of document.querySelectorAll("[data-passkey]")) {
  const creates = form.dataset.passkey === "create";
  const buttons = form.querySelectorAll("button");
  const say = (what, text) => {
    for (const line of form.querySelectorAll("[data-when]")) {
      line.hidden = line.dataset.when !== what;
      if (!line.hidden && text) line.textContent = text;
    }
  };
  const enable = (yes) => { for (const b of buttons) b.disabled = !yes; };

  if (location.origin !== form.dataset.origin) {
    say("elsewhere");
    enable(false);
  } else if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) {
    say("unable");
    enable(false);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say("");
    enable(false);
    try {
      const begun = await fetch(form.dataset.begin, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (!begun.headers.get("Content-Type")?.startsWith("application/json")) {
        form.submit(); // the page that answers says what is wrong
        return;
      }
      const { options, problem } = await begun.json();
      if (problem) {
        say("problem", problem);
        return;
      }
      const credential = creates
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey) });
      form.elements.answer.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch (error) {
      say(error.name === "InvalidStateError" ? "there" : "stopped");
    } finally {
      enable(true);
    }
  });
  // Coming back by the browser's own means, nothing is under way.
  addEventListener("pageshow", () => { form.elements.answer.value = ""; });
}
