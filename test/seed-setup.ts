import fc from 'fast-check';
import { runs, SEED } from './seed.ts';

// Before every test file: a property that names neither seed nor runs has them from here. 100 is fast-check's own number.
fc.configureGlobal({ ...SEED, numRuns: runs(100) });
