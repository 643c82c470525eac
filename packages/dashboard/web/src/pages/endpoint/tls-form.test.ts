import { keptTls, toTls } from './tls-form';

const texts = { certificate: 'the certificate', privateKey: 'the key', authorities: 'the authorities' };

test('TLS settings are sent whole when they are replaced, as null when they are removed, and otherwise not at all', () => {
  expect(toTls({ change: 'replace', ...texts })).toEqual({
    certificate: 'the certificate',
    private_key: 'the key',
    certificate_authorities: 'the authorities',
  });
  expect(toTls({ change: 'remove', ...texts })).toBeNull();
  expect(toTls({ change: 'keep', ...texts })).toBeUndefined();
});

test('an empty text is left out, so that the server can say what is missing', () => {
  expect(toTls({ ...keptTls, change: 'replace', certificate: 'one', privateKey: ' \n' })).toEqual({
    certificate: 'one',
  });
  expect(toTls({ ...keptTls, change: 'replace' })).toEqual({});
});
