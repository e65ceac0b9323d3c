import { existsSync } from "node:fs";
import type { LaunchOptions } from "@playwright/test";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The machine's own Chromium: nothing is downloaded. `SOUK_CHROMIUM` names another one. */
export function chromium(): LaunchOptions {
  const executablePath = process.env.SOUK_CHROMIUM ?? PLACES.find((place) => existsSync(place));
  if (!executablePath) {
    throw new Error(`No Chromium at ${PLACES.join(", ")}: install it (Debian: apt install chromium).`);
  }
  return {
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  };
}
