import { expect, open, test } from "../harness/fixtures";
import { inspect } from "../harness/inspect";
import { Souk } from "../harness/souk";

const SETTINGS = `products = 6
rollouts = 2
against = [{ name = "persuadable", personas = ["neutral", "insulting"] }]
`;

test.describe("evaluation", () => {
  let souk: Souk;
  test.beforeAll(async () => {
    souk = await Souk.start("evaluation", { SOUK_WORKER: "beside" });
  });
  test.afterAll(async () => souk.remove());

  test("from the form to who is better", async ({ visitor }) => {
    test.slow();
    const page = await visitor({ baseURL: souk.url });
    await open(page, new URL(souk.signInLink()).pathname);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();

    await open(page, new URL("/evaluate", souk.url).href);
    await expect(page.getByRole("heading", { name: "No suite yet" })).toBeVisible();
    await inspect(page, "evaluate-empty");
    await page.setViewportSize({ width: 1280, height: 800 });
    const form = page.getByRole("form", { name: "A new suite" });
    await form.getByRole("radio", { name: /^custom/ }).check();
    await form.getByRole("textbox", { name: "Who is measured" }).fill("nemo");
    await form.getByRole("button", { name: "What would it take?" }).click();
    await expect(form.getByText("There is no negotiator `nemo`")).toBeVisible();
    await form.getByRole("textbox", { name: "Who is measured" }).fill("linear, boulware");
    await form.getByRole("textbox", { name: "What it is for" }).fill("Two fixed rules");
    await form.getByRole("textbox", { name: "Settings that differ from the plan" }).fill(SETTINGS);
    await form.getByRole("button", { name: "What would it take?" }).click();
    await expect(form.getByRole("status")).toContainText("4 pairs, 48 episodes");
    await form.getByRole("button", { name: "Start the suite" }).click();

    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Two fixed rules");
    await expect(page.getByRole("status").first()).toHaveText("done", { timeout: 60_000 });
    await expect(page.getByText("48 of 48 episodes")).toBeVisible();
    const matrix = page.getByRole("region", { name: "Mean reward by opponent" });
    await expect(matrix.getByRole("rowheader", { name: "boulware" })).toBeVisible();
    await expect(page.getByRole("region", { name: "Differences" })).toContainText("linear");
    await inspect(page, "suite");
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.reload();
    await expect(page.getByText("48 of 48 episodes")).toBeVisible();
  });
});
