import type { Page } from "@playwright/test";
import { Asked, money } from "../harness/asked";
import { expect, open, test } from "../harness/fixtures";

/** A finished talk of two negotiators. */
async function finished(page: Page): Promise<string> {
  const asked = Asked.by(page);
  const { items } = await asked.products({ category: "baby-products" });
  const seats = {
    buyer: { type: "negotiator", name: "boulware" },
    seller: { type: "negotiator", name: "linear" },
  } as const;
  const id = await asked.start(items[0]!.id, seats, { pace: { interval_ms: 0, paused: false } });
  await asked.over(id);
  return id;
}

test("a replay is open to anybody with its link, and can be scrubbed", async ({ page, visitor }) => {
  const id = await finished(page);
  const moves = await Asked.by(page).moves(id);
  const { budget, cost } = await Asked.by(page).reveal(id);
  const stranger = await visitor();
  await open(stranger, `/replay/${id}`);
  const place = stranger.getByRole("slider", { name: "Place in the replay" });
  const told = stranger.getByRole("region", { name: "Replay" }).getByRole("status");
  const log = stranger.getByRole("log", { name: "Conversation" });
  const limits = stranger.getByText(`Buyer's limit ${money(budget)}`, { exact: true });

  await place.fill("0");
  await expect(told).toHaveText("Before the first message");
  await expect(log).toContainText("Nobody has spoken yet.");
  await expect(limits).toBeHidden();
  await stranger.getByRole("button", { name: "One step forward" }).click();
  await expect(told).toHaveText(`Message 1 of ${moves.length}`);
  await expect(log).toContainText(moves[0]!.talk);
  await place.fill("3");
  await expect(told).toHaveText(`Message 3 of ${moves.length}`);
  await expect(log).toContainText(moves[2]!.talk);
  await expect(log).not.toContainText(`round 3`);
  await stranger.getByRole("button", { name: "One step back" }).click();
  await expect(told).toHaveText(`Message 2 of ${moves.length}`);

  await stranger.getByLabel("Speed").selectOption({ label: "Fast" });
  await stranger.getByRole("button", { name: "Play", exact: true }).click();
  await expect(told).toHaveText("The end, with both limits");
  await expect(limits).toBeVisible();
  await expect(stranger.getByText(`Seller's limit ${money(cost)}`, { exact: true })).toBeVisible();
  await expect(stranger.getByRole("button", { name: "Play", exact: true })).toBeVisible();
});

test("a replay obeys the keyboard", async ({ page }) => {
  const id = await finished(page);
  const count = (await Asked.by(page).moves(id)).length;
  await open(page, `/replay/${id}`);
  const told = page.getByRole("region", { name: "Replay" }).getByRole("status");
  await page.getByRole("main").focus();
  await page.keyboard.press("End");
  await expect(told).toHaveText("The end, with both limits");
  await page.keyboard.press("Home");
  await expect(told).toHaveText("Before the first message");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect(told).toHaveText(`Message 2 of ${count}`);
  await page.keyboard.press("ArrowLeft");
  await expect(told).toHaveText(`Message 1 of ${count}`);
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: "Pause", exact: true })).toBeVisible();
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeVisible();
});
