import type { Locator, Page } from "@playwright/test";

const MOST_TABS = 120;

/** Presses Tab until an element has the focus; fails where it cannot be reached. */
export async function tabTo(page: Page, wanted: Locator, key = "Tab"): Promise<void> {
  for (let presses = 0; presses < MOST_TABS; presses += 1) {
    const focused = await wanted.evaluateAll((all) => all.some((element) => element === document.activeElement));
    if (focused) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${MOST_TABS} presses of ${key} do not reach ${wanted}`);
}
