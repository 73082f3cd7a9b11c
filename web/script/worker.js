// What the browser runs when this side pushes to it. A message says what waits and
// where; one that takes the place of another has the same tag.
self.addEventListener("push", (event) => {
  const told = event.data?.json() ?? {};
  event.waitUntil((async () => {
    await self.registration.showNotification(told.title ?? "Liaison", {
      body: told.body, tag: told.tag, data: { link: told.link },
      renotify: !told.withdrawn && !told.quiet, silent: !!(told.withdrawn || told.quiet), requireInteraction: !!told.urgent && !told.withdrawn,
    });
    if (!told.quiet) return;
    for (const shown of await self.registration.getNotifications({ tag: told.tag })) shown.close();
  })());
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const link = new URL(event.notification.data?.link ?? "/", self.location.origin);
  if (link.origin !== self.location.origin) return;
  event.waitUntil((async () => {
    for (const page of await self.clients.matchAll({ type: "window" })) {
      if (page.url === link.href) return page.focus();
    }
    return self.clients.openWindow(link.href);
  })());
});
