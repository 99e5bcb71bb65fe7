import type { JsonObject } from '../../core/json.ts';

interface OcsfClass {
  readonly uid: number;
  readonly name: string;
  readonly category: { readonly uid: number; readonly name: string };
}

export interface Activity {
  readonly id: number;
  readonly name: string;
}

export const DETECTION_FINDING: OcsfClass = {
  ...{ uid: 2004, name: 'Detection Finding', category: { uid: 2, name: 'Findings' } },
};
export const AUTHENTICATION: OcsfClass = {
  ...{ uid: 3002, name: 'Authentication', category: { uid: 3, name: 'Identity & Access Management' } },
};
/** For what no class is made for. */
export const BASE_EVENT: OcsfClass = {
  ...{ uid: 0, name: 'Base Event', category: { uid: 0, name: 'Uncategorized' } },
};
export const CREATE: Activity = { id: 1, name: 'Create' };
export const UPDATE: Activity = { id: 2, name: 'Update' };
export const CLOSE: Activity = { id: 3, name: 'Close' };
export const LOGON: Activity = { id: 1, name: 'Logon' };
export const DIGEST: Activity = { id: 99, name: 'Digest' };

/** The six attributes by which a consumer knows what it has before it. */
export function classification({ uid, name, category }: OcsfClass, activity: Activity): JsonObject {
  return {
    ...{ category_uid: category.uid, category_name: category.name, class_uid: uid, class_name: name },
    ...{ activity_id: activity.id, activity_name: activity.name },
    ...{ type_uid: uid * 100 + activity.id, type_name: `${name}: ${activity.name}` },
  };
}
