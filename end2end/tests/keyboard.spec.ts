import { Asked } from "../harness/asked";
import { expect, open, test } from "../harness/fixtures";
import { tabTo } from "../harness/keyboard";
import { productWithRoom } from "../harness/market";
import { Talk } from "../pages/talk";

test("a whole negotiation by keyboard alone", async ({ page }) => {
  const product = await productWithRoom(page, "health-personal-care");
  await open(page, `/?q=${encodeURIComponent(product.title)}`);

  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  await tabTo(page, page.getByRole("article").getByRole("link", { name: product.title }).first());
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`/stall/${product.id}`);
  await expect(page.getByRole("main"), "after a change of page the focus is at the content").toBeFocused();

  const form = page.getByRole("form", { name: "Start bargaining" });
  await tabTo(page, form.getByRole("radio", { name: "Buy it" }));
  const opponents = form.getByRole("group", { name: "Across the table" }).getByRole("radio");
  await tabTo(page, opponents);
  const first = form.locator("input[name=opponent]:checked");
  const before = await first.inputValue();
  await page.keyboard.press("ArrowDown");
  await expect(first).not.toHaveValue(before);
  await tabTo(page, form.getByRole("button", { name: "Bargain" }));
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/talk\//);

  const talk = new Talk(page);
  await tabTo(page, talk.words);
  await page.keyboard.type("It has a scratch.");
  await tabTo(page, talk.price);
  await page.keyboard.type((product.cost / 2000).toFixed(2));
  const typed = await talk.price.inputValue();
  await page.keyboard.press("ArrowUp");
  await expect(talk.price).not.toHaveValue(typed);
  await page.keyboard.press("Enter");
  await expect(talk.log).toContainText("It has a scratch.");
  await talk.myTurnOrOver();
  expect((await Asked.by(page).moves(talk.id)).length).toBeGreaterThanOrEqual(2);

  await tabTo(page, talk.composer.getByRole("button", { name: "Walk away" }));
  await page.keyboard.press("Enter");
  const question = page.getByRole("dialog", { name: "Walk away?" });
  await expect(question).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(question).toBeHidden();
  await expect(talk.composer.getByRole("button", { name: "Walk away" }), "the focus comes back").toBeFocused();
  await page.keyboard.press("Enter");
  await tabTo(page, question.getByRole("button", { name: "Walk away" }));
  await page.keyboard.press("Enter");
  await talk.isOver();
  await tabTo(page, page.getByRole("button", { name: "Rematch" }));
  await page.keyboard.press("Enter");
  await expect(talk.composer).toBeVisible();
});

test("pausing and playing a table keeps the focus in its bar", async ({ page }) => {
  const asked = Asked.by(page);
  const { items } = await asked.products({ category: "other" });
  const seat = { type: "negotiator", name: "boulware" } as const;
  const pace = { interval_ms: 3000, paused: true };
  const id = await asked.start(items[0]!.id, { buyer: seat, seller: seat }, { pace });
  await open(page, `/watch/${id}`);
  const bar = page.getByRole("group", { name: "Pace" });
  await tabTo(page, bar.getByRole("button", { name: "Play", exact: true }));
  await page.keyboard.press("Enter");
  await expect(bar.getByRole("button", { name: "Pause", exact: true })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(bar.getByRole("button", { name: "Play", exact: true })).toBeFocused();
});

test("what is said is announced to screen readers", async ({ page }) => {
  const product = await productWithRoom(page, "health-personal-care");
  const seats = { buyer: { type: "me" }, seller: { type: "negotiator", name: "boulware" } } as const;
  const id = await Asked.by(page).start(product.id, seats);
  const talk = await Talk.open(page, id);
  await expect(talk.log).toBeVisible();
  await expect(talk.log).not.toHaveAttribute("aria-live", "off");
  await talk.offer((product.cost / 3000).toFixed(2), "Is anybody there?");
  await talk.myTurnOrOver();
  await expect(page.getByRole("status").filter({ hasText: /rounds? left/i })).toBeVisible();
});
