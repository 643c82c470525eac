import { Injectable, type Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { getPaggioToken, getSignInLinkToken, InjectPaggio, InjectSignInLink, Paggio, type SignInLink } from './index';

/** Stand-ins for instances, because only their identity counts here. */
const instances: Provider[] = ['default', 'billing'].flatMap((name) => [
  { provide: getPaggioToken(name), useValue: { paggio: name } },
  { provide: getSignInLinkToken(name), useValue: async () => `/link/${name}` },
]);

test('InjectPaggio and InjectSignInLink inject the default and named instances, into constructors and properties', async () => {
  @Injectable()
  class Service {
    @InjectPaggio() readonly property!: Paggio;
    @InjectPaggio('billing') readonly namedProperty!: Paggio;
    @InjectSignInLink() readonly link!: SignInLink;
    constructor(
      @InjectPaggio() readonly parameter: Paggio,
      @InjectPaggio('billing') readonly namedParameter: Paggio,
      @InjectSignInLink('billing') readonly namedLink: SignInLink,
    ) {}
  }
  const module = await Test.createTestingModule({ providers: [Service, ...instances] }).compile();
  const { property, namedProperty, parameter, namedParameter, link, namedLink } = module.get(Service);
  expect({ property, namedProperty, parameter, namedParameter }).toEqual({
    property: { paggio: 'default' },
    parameter: { paggio: 'default' },
    namedProperty: { paggio: 'billing' },
    namedParameter: { paggio: 'billing' },
  });
  const nobody = { userId: 'anna', mode: 'live', scopes: new Set<never>(), keyId: null } as const;
  expect([await link(nobody), await namedLink(nobody)]).toEqual(['/link/default', '/link/billing']);
});

test.each([InjectPaggio, InjectSignInLink])('%p refuses a name that is empty or not text', (decorator) => {
  for (const name of [7, '', null] as never[])
    expect(() => decorator(name)).toThrow(expect.objectContaining({ code: 'VALIDATION_FAILED' }));
});
