import type { Page } from "@playwright/test";
import { expect, open, test } from "../harness/fixtures";

// The test itself keeps files from the page.
test.use({ expectedConsole: /Failed to load resource|ERR_|Failed to fetch|failed to load split module/ });

/** Lets no file of a chunk through; the main wasm is none. */
async function withhold(page: Page): Promise<void> {
  await page.route(/\/pkg\/.*\/(split|chunk)_\w+\.wasm$/, (route) => route.abort());
}

test("a page whose code does not come says so, and stays readable", async ({ page }) => {
  await withhold(page);
  await page.goto("/about");
  const notice = page.getByRole("alert").filter({ hasText: "could not be fetched" });
  await expect(notice).toBeVisible();
  await expect(page.getByRole("heading", { name: "How Souk works" })).toBeVisible();

  await page.unrouteAll();
  await notice.getByRole("link", { name: "Load the page again" }).click();
  await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
  await expect(notice).toHaveCount(0);
});

test("a page that is gone to and whose code does not come can be tried again", async ({ page }) => {
  await open(page, "/");
  await withhold(page);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Watch" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "could not be fetched" })).toBeVisible();
  await expect(page).toHaveURL(/\/watch$/);

  await page.unrouteAll();
  await page.getByRole("button", { name: "Try again now" }).click();
  await expect(page.getByRole("form", { name: "Seat two negotiators" })).toBeVisible();
});

test("a page whose wasm does not come says so as well", async ({ page }) => {
  await page.route(/\/pkg\/.*\.wasm$/, (route) => route.abort());
  await page.goto("/");
  await expect(page.getByRole("alert").filter({ hasText: "could not be fetched" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Name your price" })).toBeVisible();
});
