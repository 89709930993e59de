/** How many tests passed, failed and were left out. */
export type Counts = { passed: number; failed: number; skipped: number };

/** The part of vitest's JSON report that is read here. */
type Report = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
};

/**
 * The counts of a run by the runner's report and exit code. A file that could not even be loaded has no failed test, but is
 * one failure; so is a run that ended badly without naming any (an error outside every test, a crash).
 */
export function countOf(results: unknown, exitCode: number): Counts {
  const report = results as Report | undefined;
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const unloadable = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = report.numFailedTests + unloadable;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Exit code and last lines of the gate. No test may be skipped, and a run without tests proves nothing: both fail it. */
export function verdict({ passed, failed, skipped }: Counts): { code: number; lines: string[] } {
  const lines = skipped > 0 ? [`${skipped} skipped: nothing may be skipped; each counts as failed`] : [];
  const bad = failed + skipped > 0 || passed > 0 ? failed + skipped : 1;
  return { code: bad === 0 ? 0 : 1, lines: [...lines, `${passed} passed, ${bad} failed`] };
}
