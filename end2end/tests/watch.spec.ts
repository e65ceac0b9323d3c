import type { Locator } from "@playwright/test";
import { Asked, money } from "../harness/asked";
import { expect, interactive, open, test } from "../harness/fixtures";

async function episodeOf(table: Locator): Promise<string> {
  const link = await table.getByRole("heading").getByRole("link").getAttribute("href");
  return link?.split("/").at(-1) ?? "";
}

test("two tables of negotiators are watched, paused, stepped and sped up apart", async ({ page }) => {
  await open(page, "/watch");
  const asked = Asked.by(page);
  const form = page.getByRole("form", { name: "Seat two negotiators" });
  await form.getByLabel("Buyer").selectOption({ label: "Boulware" });
  await form.getByLabel("Seller").selectOption({ label: "Stubborn trader" });
  await form.getByLabel("Tables").selectOption("2");
  await form.getByRole("button", { name: "Let them talk" }).click();
  const own = page.getByRole("article").filter({ has: page.getByRole("group", { name: "Pace" }) });
  await expect(own).toHaveCount(2);
  const ids = [await episodeOf(own.nth(0)), await episodeOf(own.nth(1))];
  const table = (id: string) => page.getByRole("article").filter({ has: page.locator(`a[href$="${id}"]`) });
  const [held, free] = [table(ids[0]!), table(ids[1]!)];

  await held.getByRole("button", { name: "Pause", exact: true }).click();
  await expect(held.getByRole("status").filter({ hasText: /^Paused\./ })).toBeVisible();
  const before = (await asked.moves(ids[0]!)).length;
  const freeBefore = (await asked.moves(ids[1]!)).length;
  await expect.poll(async () => (await asked.moves(ids[1]!)).length).toBeGreaterThanOrEqual(freeBefore + 2);
  expect(await asked.moves(ids[0]!), "a paused table is still").toHaveLength(before);
  await expect(free.getByRole("log")).not.toContainText("Nobody has spoken yet.");

  await held.getByRole("button", { name: "Step" }).click();
  await expect.poll(async () => (await asked.moves(ids[0]!)).length).toBe(before + 1);
  await expect(held.getByRole("status").filter({ hasText: /^Paused\./ })).toBeVisible();

  await held.getByLabel("Speed").selectOption({ label: "At once" });
  await held.getByRole("button", { name: "Play", exact: true }).click();
  await asked.over(ids[0]!);
  await expect(held.getByRole("group", { name: "Pace" }), "nothing left to pace").toHaveCount(0);

  await free.getByLabel("Speed").selectOption({ label: "At once" });
  await free.getByRole("heading").getByRole("link").click();
  await expect(page).toHaveURL(`/watch/${ids[1]}`);
  await asked.over(ids[1]!);
  const { budget, cost } = await asked.reveal(ids[1]!);
  await expect(page.getByText(`Buyer's limit ${money(budget)}`, { exact: true })).toBeVisible();
  await expect(page.getByText(`Seller's limit ${money(cost)}`, { exact: true })).toBeVisible();
});

test("somebody else's table can be watched and not paced", async ({ page, visitor }) => {
  await open(page, "/watch");
  const form = page.getByRole("form", { name: "Seat two negotiators" });
  await form.getByLabel("Over").fill("lamp");
  await form.getByRole("button", { name: "Let them talk" }).click();
  const own = page.getByRole("article").filter({ has: page.getByRole("group", { name: "Pace" }) }).first();
  await own.getByRole("button", { name: "Pause", exact: true }).click();
  await expect(own.getByRole("status").filter({ hasText: /^Paused\./ })).toBeVisible();
  const id = await episodeOf(own);
  const other = await visitor();
  await open(other, `/watch/${id}`);
  await expect(other.getByRole("log", { name: "Conversation" })).toBeVisible();
  await expect(other.getByRole("status").filter({ hasText: /^Paused\./ })).toBeVisible();
  await expect(other.getByRole("group", { name: "Pace" })).toHaveCount(0);
  const count = (await Asked.by(page).moves(id)).length;
  await own.getByRole("button", { name: "Step" }).click();
  await expect.poll(async () => (await Asked.by(other).moves(id)).length).toBe(count + 1);
  const last = (await Asked.by(other).moves(id)).at(-1);
  await expect(other.getByRole("log", { name: "Conversation" })).toContainText(last?.talk || "$");
});

test("words that no stall has are refused with a sentence", async ({ page }) => {
  await open(page, "/watch");
  const form = page.getByRole("form", { name: "Seat two negotiators" });
  await form.getByLabel("Over").fill("nosuchthinganywhere");
  await form.getByRole("button", { name: "Let them talk" }).click();
  await expect(form.getByRole("alert")).toContainText("No stall has that");
});

test("a table goes on over a reload of its page", async ({ page }) => {
  await open(page, "/watch");
  const form = page.getByRole("form", { name: "Seat two negotiators" });
  await form.getByLabel("Buyer").selectOption({ label: "Steady" });
  await form.getByRole("button", { name: "Let them talk" }).click();
  const own = page.getByRole("article").filter({ has: page.getByRole("group", { name: "Pace" }) }).first();
  const id = await episodeOf(own);
  await page.goto(`/watch/${id}`);
  await interactive(page);
  await page.getByLabel("Speed").selectOption({ label: "At once" });
  await Asked.by(page).over(id);
  await expect(page.getByText(/^Buyer's limit \$/)).toBeVisible();
});
