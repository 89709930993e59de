import { describe, expect, test } from 'vitest';
import { chainLines } from './spec/chaining.ts';
import { clusterLines } from './spec/cluster.ts';
import { CODES, NOT_APPLICABLE, NOT_YET } from './spec/coverage.ts';
import { decisionLines } from './spec/decisions.ts';
import { documentLines } from './spec/documented.ts';
import { duplicateLines } from './spec/duplicates.ts';
import { endpointLines } from './spec/endpoint.ts';
import { failureLines } from './spec/failure.ts';
import { inputLines } from './spec/inputs.ts';
import { invocationLines } from './spec/invocation.ts';
import { testedCodes } from './spec/line.ts';
import { outputLines } from './spec/outputs.ts';
import { paceLines } from './spec/pace.ts';
import { placeLines } from './spec/places.ts';
import { purgeLines } from './spec/purging.ts';
import { recoveryLines } from './spec/recovery.ts';
import { schedulingLines } from './spec/scheduling.ts';
import { securityLines } from './spec/security.ts';
import { selectionLines } from './spec/selection.ts';
import { stageLines } from './spec/stage.ts';
import { throttlingLines } from './spec/throttling.ts';

/** The specification of the watched folder, line by line: each test has the code of its line. */
endpointLines();
schedulingLines();
selectionLines();
stageLines();
inputLines();
invocationLines();
outputLines();
placeLines();
duplicateLines();
failureLines();
purgeLines();
throttlingLines();
clusterLines();
recoveryLines();
securityLines();
paceLines();
chainLines();
decisionLines();
documentLines();

describe('coverage', () => {
  test('every line has a test, or the reason why it has none', () => {
    expect(CODES).toHaveLength(206);
    const told = [...testedCodes(), ...Object.keys(NOT_APPLICABLE), ...Object.keys(NOT_YET)];
    expect(told.sort()).toEqual([...CODES].sort());
    for (const [code, reason] of Object.entries({ ...NOT_APPLICABLE, ...NOT_YET })) {
      expect(reason, code).toMatch(/^[A-Z].{30,}\.$/);
    }
  });
});
