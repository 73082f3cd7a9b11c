// Web push: asks the browser for a subscription, then sends the form with it. What
// the page says of that stands in it, hidden.
for (const form of document.querySelectorAll("[data-push]")) {
  const say = (what) => {
    for (const line of form.querySelectorAll("[data-when]")) line.hidden = line.dataset.when !== what;
  };
  form.addEventListener("submit", async (event) => {
    const field = form.elements["set-subscription"];
    if (field.value) return;
    event.preventDefault();
    if (!navigator.serviceWorker || !window.PushManager) return say("unable");
    try {
      const permission = await Notification.requestPermission();
      if (permission !== "granted") return say("refused");
      await navigator.serviceWorker.register("/worker.js", { scope: "/" });
      const { pushManager } = await navigator.serviceWorker.ready;
      const key = Uint8Array.from(atob(form.dataset.push.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
      await (await pushManager.getSubscription())?.unsubscribe();
      const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
      const { endpoint, keys } = subscription.toJSON();
      field.value = JSON.stringify({ endpoint, keys });
      form.submit();
    } catch {
      say("unable");
    }
  });
}
