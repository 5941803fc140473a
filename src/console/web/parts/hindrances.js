// Why an invitation cannot be sent, said before anybody tries.
import { may } from '../session.js';

// Reasons that hold for a user or a group as a whole; '' where there is none.
export function why_not_send({ enabled, unsaved, locations, location }) {
  if (!may('send')) {
    return 'Your account may look, not send';
  }
  if (unsaved) {
    return 'Save first';
  }
  if (!enabled) {
    return 'Managed Distribution is not enabled';
  }
  const token = locations.find((each) => each.id === (location || 'default'));
  if (token && token.expires_at !== '' && token.days_left < 0) {
    return 'The content token has expired';
  }
  return token?.condition === 'refused' ? 'Apple refuses the content token' : '';
}

// Of one device.
export function why_not_device(device) {
  if (device.platform === 'tvOS') {
    return 'An Apple TV can’t receive it';
  }
  return device.pushable ? '' : `It cannot be reached: ${device.why_not}`;
}
