import { Asked, money } from "../harness/asked";
import { expect, open, test } from "../harness/fixtures";

test.describe("the market", () => {
  test("shows stalls as cards with picture, price, persona and category", async ({ page }) => {
    await open(page, "/");
    const { items, total } = await Asked.by(page).products();
    expect(total).toBeGreaterThanOrEqual(300);
    const cards = page.getByRole("article");
    await expect(cards).toHaveCount(items.length);
    const first = items[0]!;
    const card = cards.filter({ hasText: first.title }).first();
    await expect(card).toContainText(money(first.list_price));
    const picture = card.locator("img");
    // Decorative, so without a role.
    await expect(picture).toBeVisible();
    const drawn = () => picture.evaluate((img: HTMLImageElement) => img.naturalWidth);
    await expect.poll(drawn, "the picture is drawn").toBeGreaterThan(0);
    await card.getByRole("link", { name: first.title }).click();
    await expect(page).toHaveURL(`/stall/${first.id}`);
    await expect(page.getByRole("heading", { level: 1, name: first.title })).toBeVisible();
  });

  test("finds by words, and keeps the search in the address", async ({ page }) => {
    await open(page, "/");
    await page.getByRole("searchbox", { name: "Search" }).fill("lamp");
    await page.getByRole("button", { name: "Show" }).click();
    await expect(page).toHaveURL(/[?&]q=lamp/);
    const { total, items } = await Asked.by(page).products({ search: "lamp" });
    expect(total).toBeGreaterThan(0);
    await expect(page.getByText(new RegExp(`^${total} stalls?$`))).toBeVisible();
    await expect(page.getByRole("article")).toHaveCount(items.length);
    await page.reload();
    await expect(page.getByRole("searchbox", { name: "Search" })).toHaveValue("lamp");
    await expect(page.getByText(new RegExp(`^${total} stalls?$`))).toBeVisible();
  });

  test("narrows to a category and back", async ({ page }) => {
    await open(page, "/");
    const everything = await page.getByText(/^\d+ stalls$/).textContent();
    const categories = page.getByRole("navigation", { name: "Categories" });
    await expect(categories.getByRole("link")).toHaveCount(19);
    await categories.getByRole("link", { name: /^Books/ }).click();
    await expect(page).toHaveURL(/[?&]category=books/);
    const { total } = await Asked.by(page).products({ category: "books" });
    await expect(page.getByText(`${total} stalls`, { exact: true })).toBeVisible();
    for (const card of await page.getByRole("article").all()) await expect(card).toContainText("Books");
    await categories.getByRole("link", { name: "All" }).click();
    await expect(page.getByText(everything ?? "", { exact: true })).toBeVisible();
  });

  test("takes a range of prices from the address and the fields", async ({ page }) => {
    await open(page, "/?min=100&max=150");
    await expect(page.getByLabel("From $")).toHaveValue(/^100/);
    await expect(page.getByLabel("To $")).toHaveValue(/^150/);
    const { items } = await Asked.by(page).products({ min_price: 100_000, max_price: 150_000 });
    expect(items.length).toBeGreaterThan(0);
    for (const { list_price } of items) {
      expect(list_price).toBeGreaterThanOrEqual(100_000);
      expect(list_price).toBeLessThanOrEqual(150_000);
    }
    await expect(page.getByRole("article")).toHaveCount(items.length);
    await page.getByLabel("To $").fill("110.50");
    await page.getByRole("button", { name: "Show" }).click();
    await expect(page).toHaveURL(/[?&]max=110\.50?/);
    const fewer = await Asked.by(page).products({ min_price: 100_000, max_price: 110_500 });
    await expect(page.getByRole("article")).toHaveCount(fewer.items.length);
  });

  test("sorts by price", async ({ page }) => {
    await open(page, "/?sort=price-up");
    await expect(page.getByLabel("Sort by")).toHaveValue("price-up");
    const { items } = await Asked.by(page).products({ sort: "price_up" });
    const prices = items.map(({ list_price }) => list_price);
    expect(prices).toEqual([...prices].sort((a, b) => a - b));
    await expect(page.getByRole("article").first()).toContainText(money(prices[0]!));
  });

  test("has pages that can be linked to", async ({ page }) => {
    await open(page, "/");
    const before = await page.getByRole("heading", { level: 3 }).allTextContents();
    const pages = page.getByRole("navigation", { name: "Pages" });
    await pages.getByRole("link", { name: "Page 2", exact: true }).click();
    await expect(page).toHaveURL(/[?&]page=2/);
    await expect(pages.getByRole("link", { name: "Page 2", exact: true })).toHaveAttribute("aria-current", "page");
    await expect(page.getByRole("heading", { level: 3 }).first()).not.toHaveText(before[0]!);
    const after = await page.getByRole("heading", { level: 3 }).allTextContents();
    await page.reload();
    await expect(page.getByRole("heading", { level: 3 })).toHaveText(after);
  });

  test("says so when nothing is found, with a way back", async ({ page }) => {
    await open(page, "/?q=nosuchthinganywhere");
    await expect(page.getByText("No stall has that")).toBeVisible();
    await expect(page.getByRole("article")).toHaveCount(0);
    await page.getByRole("link", { name: "Show all stalls" }).click();
    await expect(page.getByRole("article").first()).toBeVisible();
  });

  test("is complete without scripts", async ({ browser, baseURL }) => {
    const context = await browser.newContext({ baseURL, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto("/?q=lamp");
    await expect(page.getByRole("article").first()).toBeVisible();
    await page.getByRole("searchbox", { name: "Search" }).fill("chair");
    await page.getByRole("button", { name: "Show" }).click();
    await expect(page).toHaveURL(/[?&]q=chair/);
    await context.close();
  });
});
