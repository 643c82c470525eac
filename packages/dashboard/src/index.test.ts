import * as door from './index';

test('the package exports exactly these names', () => {
  expect(Object.keys(door).sort()).toMatchSnapshot();
});
