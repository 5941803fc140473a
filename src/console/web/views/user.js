// A user: About with Managed Distribution and a button a device, and his devices.
import { address, get, patch } from '../api.js';
import { element, replace } from '../dom.js';
import { href } from '../router.js';
import { may } from '../session.js';
import { facts } from '../parts/facts.js';
import { follow_one } from '../parts/following.js';
import { group_links } from '../parts/group_links.js';
import { why_not_device, why_not_send } from '../parts/hindrances.js';
import { managed_distribution } from '../parts/managed_distribution.js';
import { one_invitation } from '../parts/one_invitation.js';
import { opened } from '../parts/opened.js';
import { preview_of } from '../parts/send.js';
import { tabs } from '../parts/tabs.js';
import { attempt } from '../parts/trouble.js';
import { user_state } from '../words.js';

export function user_view(id, [tab], life) {
  return opened({
    words: 'Loading the user …',
    life,
    read: () => read(id, life),
    draw: (known, load) => [
      element('h1', {}, known.user.full_name || id),
      tabs('User', [
        { words: 'About', to: ['users', id], here: tab !== 'devices' },
        { words: 'Devices', to: ['users', id, 'devices'], here: tab === 'devices' },
      ]),
      tab === 'devices' ? devices_tab(known.user) : about_tab(known, { life, load }),
    ],
  });
}

async function read(id, life) {
  const [user, about, preview] = await Promise.all([
    get(address('users', id), { signal: life }),
    get(address('about'), { signal: life }),
    // Only to say how he stands: where it cannot be had, that is left unsaid.
    preview_of(selector_of(id, {}), life).catch(() => null),
  ]);
  return { user, about, preview };
}

// Whether he was invited before does not matter for one person: only that he has not accepted.
const selector_of = (id, more) => ({
  user: id,
  audience: 'not-enrolled',
  channels: 'push-then-mail',
  ...more,
});

function about_tab({ user, about, preview }, { life, load }) {
  const state = element('p', { class: 'user-state' }, user_state(user, preview));
  const sending = element('div', { class: 'sending' });
  const part = managed_distribution({
    checked: user.enabled,
    because: user.enabled_because || 'Decides whether this user can be invited.',
    path: ['users', user.id],
    saved: load,
    life,
    body: [state, sending],
  });
  const tell = () =>
    replace(sending, sending_part({ user, about, unsaved: part.changed(), life, load }));
  part.node.addEventListener('change', tell);
  tell();
  const show = (fresh) => replace(state, user_state(fresh, preview));
  follow_one(address('users', user.id), show, life);
  return [
    facts([
      ['Full name', user.full_name],
      ['E-mail', user.email],
      ['Groups', group_links(user.groups, life)],
      ['Managed Apple Account', user.managed_apple_account],
      ['Language', user.language],
      ['Location', user.location === 'default' ? '' : user.location],
    ]),
    part.node,
  ];
}

function sending_part({ user, about, unsaved, life, load }) {
  const whole =
    why_not_send({
      enabled: user.enabled,
      unsaved,
      locations: about.locations,
      location: user.location,
    }) || (user.enrolled ? 'Enrolled already' : '');
  const buttons = user.devices.map((device) =>
    one_invitation({
      words: `Send invitation to ${device.name || device.id}`,
      selector: selector_of(user.id, { device: device.id, channels: 'push' }),
      why_not: whole || why_not_device(device),
      life,
    }),
  );
  return [
    buttons.length === 0 &&
      element('p', { class: 'quiet' }, 'No device is assigned to this user.'),
    buttons,
    user.email === '' && about.mail && may('admin')
      ? address_form(user, { life, load })
      : one_invitation({
          words: 'Send email invitation',
          selector: selector_of(user.id, { channels: 'mail' }),
          why_not: !about.mail
            ? 'Mail is off in the settings'
            : whole || (user.email === '' ? 'No e-mail address is known' : ''),
          life,
        }),
  ];
}

// Where no address is known, it is asked for first.
function address_form(user, { life, load }) {
  const place = element('div');
  const input = element('input', { type: 'email', required: true, autocomplete: 'off' });
  return element(
    'form',
    {
      class: 'one-invitation',
      on: {
        submit: async (event) => {
          event.preventDefault();
          const path = address('users', user.id);
          if (await attempt(place, () => patch(path, { email: input.value }, { signal: life }))) {
            load();
          }
        },
      },
    },
    element('label', {}, 'E-mail address, to send an email invitation ', input),
    element('button', { type: 'submit' }, 'Save address'),
    place,
  );
}

function devices_tab(user) {
  if (user.devices.length === 0) {
    return element('p', { class: 'quiet' }, 'No device is assigned to this user.');
  }
  return element(
    'ul',
    { class: 'plain' },
    user.devices.map((device) =>
      element(
        'li',
        {},
        element('a', { href: href('devices', device.id) }, device.name || device.id),
        element(
          'span',
          { class: 'quiet' },
          [device.platform, device.serial].filter(Boolean).join(' · '),
        ),
      ),
    ),
  );
}
