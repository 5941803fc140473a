// A device: whose it is, what it is, whether it can be reached.
import { address, get } from '../api.js';
import { element } from '../dom.js';
import { href } from '../router.js';
import { facts } from '../parts/facts.js';
import { opened } from '../parts/opened.js';
import { tabs } from '../parts/tabs.js';

const enrollments = { device: 'The whole device', user: 'A user on it', shared: 'Shared iPad' };

export function device_view(id, _rest, life) {
  return opened({
    words: 'Loading the device …',
    life,
    read: () => get(address('devices', id), { signal: life }),
    draw: (device) => [
      element('h1', {}, device.name || id),
      tabs('Device', [{ words: 'About', to: ['devices', id], here: true }]),
      facts([
        ['User', owner_link(device) || 'Nobody’s'],
        ['Platform', device.platform],
        ['Serial number', device.serial],
        ['UDID', device.udid || 'Has not checked in yet'],
        ['Managed as', enrollments[device.enrollment] ?? device.enrollment],
        ['Push', device.pushable ? 'Can be reached' : `Cannot be reached: ${device.why_not}`],
      ]),
    ],
  });
}

const owner_link = ({ user_id, user_full_name }) =>
  user_id && element('a', { href: href('users', user_id) }, user_full_name || user_id);
