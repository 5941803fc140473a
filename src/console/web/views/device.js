// A device: whose it is, what it is, whether it can be reached.
import { address, get } from '../api.js';
import { element, replace } from '../dom.js';
import { href } from '../router.js';
import { facts } from '../parts/facts.js';
import { tabs } from '../parts/tabs.js';
import { attempt } from '../parts/trouble.js';
import { waiting } from '../parts/waiting.js';

const enrollments = { device: 'The whole device', user: 'A user on it', shared: 'Shared iPad' };

export function device_view(id, _rest, life) {
  const node = element('div', {}, waiting('Loading the device …'));
  attempt(node, () => get(address('devices', id), { signal: life })).then((device) => {
    if (!device) {
      return;
    }
    const owner =
      device.user_id &&
      element(
        'a',
        { href: href('users', device.user_id) },
        device.user_full_name || device.user_id,
      );
    replace(
      node,
      element('h1', {}, device.name || device.id),
      tabs('Device', [{ words: 'About', to: ['devices', id], here: true }]),
      facts([
        ['User', owner || 'Nobody’s'],
        ['Platform', device.platform],
        ['Serial number', device.serial],
        ['UDID', device.udid || 'Has not checked in yet'],
        ['Managed as', enrollments[device.enrollment] ?? device.enrollment],
        ['Push', device.pushable ? 'Can be reached' : `Cannot be reached: ${device.why_not}`],
      ]),
    );
  });
  return node;
}
