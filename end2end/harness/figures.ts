import type { Reporter, TestCase, TestResult } from "@playwright/test/reporter";

/** Prints what the tests measured: annotations of type `figure`, in one list at the end. */
export default class Figures implements Reporter {
  private readonly found: string[] = [];

  onTestEnd(_test: TestCase, result: TestResult) {
    for (const note of result.annotations) {
      if (note.type === "figure" && note.description) this.found.push(note.description);
    }
  }

  onEnd() {
    for (const figure of this.found) console.log(`  measured: ${figure}`);
  }

  printsToStdio() {
    return false;
  }
}
