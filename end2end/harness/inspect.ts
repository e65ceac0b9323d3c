import path from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { type Page, expect } from "@playwright/test";

const SCREENSHOTS = path.resolve(import.meta.dirname, "../artefacts/screenshots");
const WIDE = 1280;
const NARROW = 360;
const NARROWEST = 320;
/** Elements named of one rule, or of one page that is too wide. */
const MOST_TOLD = 3;

/**
 * Looks at an open page by day and by night, wide and narrow: no grave finding of axe, nothing to
 * scroll sideways, and a picture of each. Colours are the same at every width, so that axe looks at
 * the narrow page by day alone.
 */
export async function inspect(page: Page, name: string): Promise<void> {
  // A colour in mid-transition has a contrast that nobody reads.
  await page.emulateMedia({ reducedMotion: "reduce" });
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [WIDE, NARROW]) {
      await page.setViewportSize({ width, height: 800 });
      const file = path.join(SCREENSHOTS, `${name}-${colorScheme}-${width}.png`);
      await page.screenshot({ path: file, fullPage: true, animations: "disabled" });
      if (colorScheme === "dark" && width === NARROW) continue;
      expect.soft(await graveFindings(page), `axe on ${name}, ${colorScheme}, ${width}`).toEqual([]);
    }
  }
  for (const width of [NARROW, NARROWEST]) {
    await page.setViewportSize({ width, height: 740 });
    expect.soft(await tooWide(page), `${name} at ${width} pixels`).toEqual([]);
  }
}

/** The serious and critical findings of axe for a page as it stands, one line each. */
async function graveFindings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return grave.flatMap(({ id, nodes }) => {
    const told = nodes.slice(0, MOST_TOLD);
    return told.map(({ target, failureSummary }) => `${id}, 1 of ${nodes.length}, at ${target.join(" ")}: ${failureSummary}`);
  });
}

/** What makes a page wider than its window; empty where it can not be scrolled sideways. */
function tooWide(page: Page): Promise<string[]> {
  return page.evaluate((most) => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const outside = [...document.querySelectorAll("body *")].filter(
      (element) => element.getBoundingClientRect().right > root.clientWidth + 0.5,
    );
    const told = outside.map((element) => `<${element.tagName}> ${element.textContent?.trim().slice(0, 40)}`);
    return [`${root.scrollWidth} of ${root.clientWidth} pixels`, ...told.slice(0, most)];
  }, MOST_TOLD);
}
