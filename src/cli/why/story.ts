import type { DeliveryHistory } from '../../core/records.ts';
import type { EventStory } from './event-story.ts';
import type { AlertStory, NotificationStory } from './stories.ts';

/** All that can be told of what was asked about. */
export type Story =
  | ({ readonly kind: 'event' } & EventStory)
  | ({ readonly kind: 'alert' } & AlertStory)
  | ({ readonly kind: 'notification' } & NotificationStory)
  | {
      readonly kind: 'delivery';
      readonly delivery: DeliveryHistory;
      /** What it delivers; absent where that has aged out, or is a digest. */
      readonly event?: EventStory;
      readonly notification?: NotificationStory;
    };
