import { seriesLimit } from './limit-settings.ts';
import { polling } from './polling-settings.ts';

/** The settings of a cluster that are also at the top of the file, as defaults of all clusters. */
export const clusterDefaults = { ...polling, ...seriesLimit };
