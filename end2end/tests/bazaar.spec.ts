import type { Page } from "@playwright/test";
import { expect, figure, test } from "../harness/fixtures";
import { inspect } from "../harness/inspect";
import { tabTo } from "../harness/keyboard";
import { Souk } from "../harness/souk";

/** Pictures a second that a market of many should be drawn at, and how long they are counted. */
const SMOOTH = 50;
const COUNTED_MS = 4_000;

type Drawn = { souk: { frames: () => number; step: () => number } };
const step = (page: Page) => page.evaluate(() => (window as unknown as Drawn).souk.step());
const frames = (page: Page) => page.evaluate(() => (window as unknown as Drawn).souk.frames());

async function opened(page: Page, population: string, pace: string): Promise<void> {
  await page.goto("/markets");
  await page.getByRole("radio", { name: new RegExp(`^${population}`) }).check();
  await page.getByLabel("Time of a step").selectOption(pace);
  await page.getByRole("button", { name: "Open it" }).click();
  await page.waitForURL(/\/markets\/[0-9a-f-]{36}/);
  await expect.poll(() => step(page)).toBeGreaterThan(1);
}

/** Bargains until something is bought; answers with what the page says of it. */
async function buys(page: Page): Promise<string> {
  const seat = page.getByRole("region", { name: /^You are buyer/ });
  const bought = seat.getByRole("status").filter({ hasText: "Bought" });
  await expect(async () => {
    if ((await bought.count()) > 0) return;
    const accept = seat.getByRole("button", { name: /^Accept \$/, disabled: false });
    const offer = seat.getByRole("button", { name: "Offer", disabled: false });
    const visit = seat.getByRole("button", { name: "Visit", disabled: false });
    const quick = { timeout: 1_000 };
    if ((await accept.count()) > 0) await accept.first().click(quick);
    else if ((await offer.count()) > 0) {
      const talk = seat.locator("section.panel").filter({ has: page.getByRole("button", { name: "Offer", disabled: false }) }).first();
      // A stranger's good costs at most 0.7 of its list price, and each is worth 0.6 or more to a person here.
      const name = (await talk.locator("p").first().textContent())?.split(",")[1]?.split(".")[0]?.trim() ?? "";
      const want = await seat.getByRole("listitem").filter({ hasText: `${name} is worth` }).first().textContent();
      const worth = Number(/\$([\d,]+(?:\.\d+)?)/.exec(want ?? "")?.[1]?.replace(",", ""));
      await talk.getByLabel("Your price, $").fill((worth * 0.97).toFixed(2), quick);
      await talk.getByRole("button", { name: "Offer" }).click(quick);
    } else if ((await visit.count()) > 0) await visit.first().click(quick);
    await expect(bought).toHaveCount(1, { timeout: 700 });
  }).toPass({ timeout: 90_000, intervals: [100] });
  return (await bought.textContent()) ?? "";
}

test.describe("a market of many", () => {
  let souk: Souk;
  test.beforeAll(async () => {
    souk = await Souk.start("bazaar", { SOUK_WORKER: "none" });
  });
  test.afterAll(async () => souk.remove());

  test("is opened, joined, bought in, seen from above, looked back on, and told by a link", async ({ visitor }) => {
    test.slow();
    const page = await visitor({ baseURL: souk.url });
    await page.goto("/markets");
    await inspect(page, "markets");
    await page.setViewportSize({ width: 1280, height: 900 });
    await opened(page, "plaza", "500");
    await page.getByRole("button", { name: "Join as a buyer" }).click();
    await expect(page.getByRole("heading", { name: /^You are buyer \d+$/ })).toBeFocused();
    const told = await buys(page);
    expect(told).toMatch(/Bought: .+ for \$.+\. Your gain: \$/);
    await inspect(page, "bazaar-seat");
    await page.setViewportSize({ width: 1280, height: 900 });

    // Somebody else, who may not know what the seat knows, sees the deal from above.
    const stranger = await visitor({ baseURL: souk.url });
    const number = /buyer (\d+)$/.exec((await page.getByRole("heading", { name: /^You are buyer/ }).textContent()) ?? "")?.[1];
    await stranger.goto(`${new URL(page.url()).pathname}?follow=buyer-${number}`);
    const followed = stranger.getByRole("region", { name: "Follow one" });
    await expect(followed).toContainText(/Bought .+ for \$/);
    await expect(stranger.getByRole("button", { name: "Stop its clock" })).toHaveCount(0);
    await followed.getByRole("button", { name: /^Talk \d+ with stall/ }).first().click();
    const thread = stranger.getByRole("region", { name: "A talk" });
    await expect(thread).toContainText(/Buyer \d+ offers \$/);

    // What is about to be pressed stays, however often the page tells of a step.
    const talk = await followed.getByRole("button", { name: /^Talk \d+ with stall/ }).first().textContent();
    const press = followed.getByRole("button", { name: talk ?? "", exact: true });
    await press.focus();
    const before = await step(stranger);
    await expect.poll(() => step(stranger)).toBeGreaterThan(before + 2);
    await expect(press).toBeFocused();

    // Back to before anybody bought, and on again.
    const seen = await step(stranger);
    await stranger.getByLabel("Step", { exact: true }).fill("1");
    await expect.poll(() => step(stranger)).toBe(1);
    await expect(followed).toContainText("Has bought nothing yet");
    await expect(stranger.getByText("Nothing is sold yet.")).toBeVisible();
    await stranger.getByRole("button", { name: "A step on" }).click();
    await expect.poll(() => step(stranger)).toBe(2);
    await stranger.getByLabel("Speed of looking back").selectOption("16");
    await stranger.getByRole("button", { name: "Play", exact: true }).click();
    await expect.poll(() => step(stranger)).toBeGreaterThan(6);
    await stranger.getByRole("button", { name: "Live" }).click();
    await expect.poll(() => step(stranger)).toBeGreaterThanOrEqual(seen);

    // The same moment by its address, for somebody new.
    await stranger.getByLabel("Step", { exact: true }).fill("5");
    await expect(stranger).toHaveURL(/step=5/);
    const later = await visitor({ baseURL: souk.url });
    await later.goto(stranger.url());
    await expect.poll(() => step(later)).toBe(5);
    const summary = await stranger.locator("#summary").textContent();
    await expect(later.locator("#summary")).toHaveText(summary ?? "");

    // The one who opened it stops its clock for everybody.
    await page.getByRole("button", { name: "Stop its clock" }).click();
    await expect(later.getByText("Its clock stands")).toBeVisible();
    await page.getByRole("button", { name: "Leave the market" }).click();
    await page.getByRole("button", { name: "Leave", exact: true }).click();
    await expect(page.getByRole("button", { name: "Join as a buyer" })).toBeVisible();
  });

  test("is kept by somebody at a stall, with keys alone, on a phone", async ({ visitor }) => {
    test.slow();
    const page = await visitor({ baseURL: souk.url, viewport: { width: 360, height: 740 } });
    await opened(page, "plaza", "500");
    await tabTo(page, page.getByRole("button", { name: "Keep a stall" }));
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: /^You are the keeper of stall/ })).toBeVisible();
    // Buyers come by themselves.
    const seat = page.getByRole("region", { name: /^You are the keeper/ });
    const accept = seat.getByRole("button", { name: /^Accept \$/, disabled: false });
    await expect(accept.first()).toBeVisible({ timeout: 60_000 });
    await expect(async () => {
      await accept.first().focus({ timeout: 1_000 });
      await page.keyboard.press("Enter");
      await expect(seat.getByRole("status").filter({ hasText: "Sold" })).toHaveCount(1, { timeout: 1_500 });
    }).toPass({ timeout: 60_000 });
    await inspect(page, "bazaar-stall");
    await page.getByText("The market in words").click();
    await expect(page.getByRole("region", { name: "Stalls", exact: true }).getByRole("row").first()).toBeVisible();
    await inspect(page, "bazaar-words");
  });

  test("is drawn smoothly with two hundred agents", async ({ visitor }) => {
    test.slow();
    const page = await visitor({ baseURL: souk.url, viewport: { width: 1280, height: 900 } });
    await opened(page, "bazaar", "200");
    await expect.poll(() => page.locator("#summary").textContent(), { timeout: 60_000 }).toMatch(/ (1[0-9]{2}|[5-9][0-9]) buyers here/);
    const from = await frames(page);
    await page.waitForTimeout(COUNTED_MS);
    const rate = ((await frames(page)) - from) / (COUNTED_MS / 1000);
    const here = Number(/(\d+) buyers here/.exec((await page.locator("#summary").textContent()) ?? "")?.[1]);
    figure(`a market of 100 stalls and ${here} buyers: ${rate.toFixed(0)} pictures a second (limit ${SMOOTH})`);
    expect(here + 100).toBeGreaterThanOrEqual(150);
  });
});
