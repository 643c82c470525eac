import { toSecrets } from './secret-lines';

const pem = '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA+/8=\nabc=\n-----END PUBLIC KEY-----';

test('each line is a secret, each PEM block is a key, and a JSON line is a secret that expires', () => {
  expect(toSecrets(' first \n\nsecond, with: everything {}\n')).toEqual(['first', 'second, with: everything {}']);
  expect(toSecrets(`${pem}\nwhsec_x\n${pem}`)).toEqual([pem, pem, 'whsec_x']);
  expect(toSecrets('{"value": "a", "expires_at": "2030-01-01T00:00:00Z"}\n{not json')).toEqual([
    { value: 'a', expires_at: '2030-01-01T00:00:00Z' },
    '{not json',
  ]);
  expect(toSecrets(' \n')).toEqual([]);
});
