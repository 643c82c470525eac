export { askVendors, type ReceivedRequest, type VendorAnswers } from './ask-vendors';
