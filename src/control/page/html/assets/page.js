// Shows receipts while they arrive. Without this script, the page shows those that had arrived when it was loaded.
"use strict";

const RETRY_MS = 2000;

async function follow(region) {
  let version = region.dataset.version;
  let complete = region.dataset.complete === "true";
  while (!complete) {
    try {
      const response = await fetch(region.dataset.receipts + "&seen=" + encodeURIComponent(version));
      if (response.status === 401) return location.reload();
      if (!response.ok) throw new Error(response.status);
      const text = await response.text();
      const next = response.headers.get("x-receipts-version");
      // Screen readers announce the region when its content changes.
      if (next !== version) region.innerHTML = text;
      version = next;
      complete = response.headers.get("x-receipts-complete") === "true";
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

document.querySelectorAll("[data-receipts]").forEach(follow);
