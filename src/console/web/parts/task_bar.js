// A task's invitations as the parts of a stacked bar. They sum up to all of them.

// `users_enrolled` counts people; where one has several devices, all his invitations read as enrolled,
// so the bar says at least what is so.
export function task_parts(task) {
  const tracked = task.users !== 0; // whether devices and users report back
  const enrolled = tracked ? Math.min(task.users_enrolled, task.sent) : 0;
  const shown = tracked ? Math.min(Math.max(task.shown - enrolled, 0), task.sent - enrolled) : 0;
  const sent = task.sent - enrolled - shown;
  const failed = failed_of(task);
  const superseded = task.superseded ?? 0;
  const waiting = Math.max(task.invitations - task.sent - failed - superseded, 0);
  return [
    ...(!tracked
      ? []
      : [
          { name: 'enrolled', words: 'Enrolled', pattern: 'plain', value: enrolled },
          { name: 'shown', words: 'Shown', pattern: 'dots', value: shown },
        ]),
    { name: 'sent', words: 'Sent', pattern: 'stripes', value: sent },
    { name: 'waiting', words: 'Waiting', pattern: 'bars', value: waiting },
    { name: 'failed', words: 'Failed', pattern: 'cross', value: failed },
    ...(superseded === 0
      ? []
      : [
          {
            name: 'superseded',
            words: 'Not needed any more',
            pattern: 'plain',
            value: superseded,
          },
        ]),
  ];
}

// Everything that will not arrive; events tell it as one figure, a whole task in its parts.
export function failed_of(task) {
  const parts = task.failed + task.unreachable + task.cancelled + task.expired;
  return task.ended_badly === undefined ? parts : task.ended_badly;
}
