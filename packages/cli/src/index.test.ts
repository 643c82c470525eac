import * as exported from './index';

test('the package exports exactly these names', () => {
  expect(Object.keys(exported).sort()).toMatchSnapshot();
});
